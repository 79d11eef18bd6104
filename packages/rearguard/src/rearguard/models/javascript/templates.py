"""Template engines: EJS, Pug, Handlebars, Nunjucks, Mustache, Eta, doT, lodash.template.

API references: https://ejs.co/#docs, https://pugjs.org/api/reference.html, https://handlebarsjs.com/api-reference/,
https://mozilla.github.io/nunjucks/api.html, https://github.com/janl/mustache.js, https://eta.js.org/docs
"""

from rearguard.models.concepts import (
    AutoEscape,
    Context,
    FileAccess,
    HtmlMarkup,
    Sanitizer,
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
    ),
    types={
        "Nunjucks": ("nunjucks", "nunjucks.{configure,Environment}()"),
        "Handlebars": ("handlebars", "handlebars.create()"),
        "Eta": ("eta", "eta.Eta()"),
    },
    concepts=(
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
