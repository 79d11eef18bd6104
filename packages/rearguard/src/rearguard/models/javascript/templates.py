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
    ),
    types={
        "Nunjucks": ("nunjucks", "nunjucks.{configure,Environment}()"),
        "Handlebars": ("handlebars", "handlebars.create()", "hbs", "hbs.{handlebars,create()}"),
        "Eta": ("eta", "eta.Eta()"),
        # What pages call with the values that they show.
        "Helper": (
            "Handlebars.registerHelper(1)",
            "Handlebars.registerHelper(0).*",
            "express-handlebars(0).helpers.*",
            "express-handlebars.{engine,create,default,ExpressHandlebars}(0).helpers.*",
            "Nunjucks.{addFilter,addGlobal}(1)",
        ),
    },
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
        Sanitizer(
            "{xss,xss.filterXSS,sanitize-html,dompurify.sanitize,isomorphic-dompurify.sanitize}()",
            (Context.HTML,),
        ),
        Sanitizer("{xss.FilterXSS().process,dompurify().sanitize}()", (Context.HTML,)),
        Sanitizer("{global,global.window}.DOMPurify.sanitize()", (Context.HTML,)),
    ),
)
