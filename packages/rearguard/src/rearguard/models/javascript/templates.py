"""Template engines: EJS, Pug, Handlebars, Nunjucks, Mustache, Eta, doT, lodash.template; Markdown.

API references: https://ejs.co/#docs, https://pugjs.org/api/reference.html, https://handlebarsjs.com/api-reference/,
https://mozilla.github.io/nunjucks/api.html, https://github.com/janl/mustache.js, https://eta.js.org/docs,
https://github.com/express-handlebars/express-handlebars, https://marked.js.org/, https://showdownjs.com/docs/
"""

from rearguard.models.concepts import (
    AutoEscape,
    Context,
    FileAccess,
    HtmlMarkup,
    MarkupMade,
    Sanitizer,
    StoredInput,
    TemplateRender,
    TemplateSource,
)
from rearguard.models.dsl import Library

__all__ = ["TEMPLATES"]

_TAGS = "script|object|embed|base"
_ATTRIBUTES = r"on\w+|srcdoc"
_SCHEMES = r"(?:javascript|vbscript):?"
_RUNS = f"{_TAGS}|{_ATTRIBUTES}"
"""What a sanitiser must not be told to keep."""

TEMPLATES = Library(
    name="templates",
    language="javascript",
    packages=(
        "ejs",
        "pug",
        "handlebars",
        "nunjucks",
        "mustache",
        "eta",
        "dot",
        "lodash",
        "lodash-es",
        "underscore",
        "express-handlebars",
        "hbs",
        "marked",
        "showdown",
        "snarkdown",
        "markdown-it",
        "remarkable",
        "micromark",
    ),
    types={
        "Nunjucks": ("nunjucks", "nunjucks.{configure,Environment}()"),
        "Handlebars": ("handlebars", "handlebars.create()", "hbs", "hbs.{handlebars,create()}"),
        "Eta": ("eta", "eta.Eta()"),
        "Markdown": ("{markdown-it,markdown-it.default,remarkable.Remarkable,remarkable}()",),
        # What pages call with the values that they show.
        "Helper": (
            "Handlebars.registerHelper(1)",
            "Handlebars.registerHelper(0).*",
            "express-handlebars(0).helpers.*",
            "express-handlebars.{engine,create,default,ExpressHandlebars}(0).helpers.*",
            "Nunjucks.{addFilter,addGlobal}(1)",
        ),
    },
    sites=("Markdown",),
    concepts=(
        StoredInput("{Helper<0>,Helper<1>,Helper<2>}"),
        # The block within a helper's tags is a page's own markup; options are written into it.
        Sanitizer("{Helper<0>,Helper<1>,Helper<2>}.{fn,inverse}()", (Context.HTML,)),
        Sanitizer("{Helper<0>,Helper<1>,Helper<2>}.{hash,data}", (Context.HTML,)),
        MarkupMade("marked(0)"),
        MarkupMade("marked.{marked,parse,parseInline,default}(0)"),
        MarkupMade("marked.{marked,default}.{parse,parseInline}(0)"),
        MarkupMade("showdown.Converter().makeHtml(0)"),
        MarkupMade("snarkdown(0)"),
        # Both leave HTML out unless they are told otherwise.
        MarkupMade(
            "Markdown.render(0)",
            lets=(("(0)", "commonmark"), ("(-1).html", "True")),
            maker=True,
        ),
        MarkupMade("micromark.micromark(0)", lets=(("(-1).allowDangerousHtml", "True"),)),
        TemplateSource("ejs.{render,compile}(0)"),
        TemplateRender("ejs.renderFile(0)", values="(1)"),
        TemplateSource("{pug,jade}.{render,compile,compileClient}(0)"),
        TemplateSource("{swig,swig-templates}.{render,compile}(0)"),
        TemplateRender("{swig,swig-templates}.renderFile(0)", values="(1)", escapes="setting"),
        AutoEscape("{swig,swig-templates}.setDefaults(0).autoescape"),
        TemplateRender("pug.renderFile(0)", values="(1)"),
        TemplateSource("Handlebars.{compile,precompile}(0)"),
        HtmlMarkup("Handlebars.SafeString(0)"),
        TemplateSource("Nunjucks.{renderString,compile}(0)"),
        AutoEscape("nunjucks.configure(-1).autoescape"),
        AutoEscape("nunjucks.Environment(1).autoescape"),
        TemplateRender("Nunjucks.render(0)", values="(1)", escapes="setting"),
        HtmlMarkup("nunjucks.runtime.markSafe(0)"),
        TemplateSource("mustache.{render,parse}(0)"),
        TemplateSource("Eta.{renderString,renderStringAsync,compile}(0)"),
        TemplateRender("Eta.{render,renderAsync}(0)", values="(1)"),
        TemplateSource("dot.{template,compile}(0)"),
        TemplateSource("{lodash.template,lodash/template,lodash-es.template,underscore.template}(0)"),
        FileAccess("{ejs.renderFile,pug.renderFile,pug.compileFile}(0)"),
        Sanitizer("ejs.escapeXML()", (Context.HTML,)),
        Sanitizer("Handlebars.{escapeExpression,Utils.escapeExpression}()", (Context.HTML,)),
        Sanitizer(
            "{mustache.escape,lodash.escape,underscore.escape,escape-html,he.encode,he.escape}()",
            (Context.HTML,),
        ),
        Sanitizer("{xss,xss.filterXSS}()", (Context.HTML,), lets=(("(1).whiteList", _RUNS),)),
        Sanitizer("xss.FilterXSS().process()", (Context.HTML,)),
        Sanitizer(
            "sanitize-html()",
            (Context.HTML,),
            lets=(
                # Everything is kept where the option is `false`.
                ("(1).allowedTags", "False|script|object|embed|base"),
                ("(1).allowedAttributes", f"False|{_ATTRIBUTES}"),
                ("(1).allowedSchemes", _SCHEMES),
                ("(1).allowedSchemesByTag", _SCHEMES),
            ),
        ),
        *(
            Sanitizer(
                f"{path}.sanitize()",
                (Context.HTML,),
                lets=(
                    *((f"(1).{key}", _TAGS) for key in ("ADD_TAGS", "ALLOWED_TAGS")),
                    *((f"(1).{key}", _ATTRIBUTES) for key in ("ADD_ATTR", "ALLOWED_ATTR")),
                    ("(1).ALLOW_UNKNOWN_PROTOCOLS", "True"),
                ),
            )
            for path in (
                "{dompurify,isomorphic-dompurify}",
                "dompurify()",
                "{global,global.window}.DOMPurify",
            )
        ),
    ),
)
