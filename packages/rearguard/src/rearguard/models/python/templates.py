"""Templates and markup: Jinja, MarkupSafe, Mako, Chameleon, Bleach, nh3, and what makes HTML of Markdown.

API reference: https://jinja.palletsprojects.com/en/stable/api/, https://markupsafe.palletsprojects.com/,
https://docs.makotemplates.org/en/latest/usage.html, https://bleach.readthedocs.io/, https://nh3.readthedocs.io/,
https://python-markdown.github.io/reference/, https://mistune.lepture.com/, https://markdown-it-py.readthedocs.io/
"""

from rearguard.models.concepts import (
    AutoEscape,
    Context,
    HtmlMarkup,
    MarkupMade,
    PageFunction,
    Sanitizer,
    StoredInput,
    TemplateRender,
    TemplateSource,
    TextJoin,
)
from rearguard.models.dsl import Library

__all__ = ["BLEACH", "DATES", "JINJA", "MAKO", "MARKDOWN", "TEMPLATES"]

RUNNING_TAGS = "script|object|embed|base"
RUNNING_ATTRIBUTES = r"on\w+|srcdoc"
RUNNING_SCHEMES = r"(?:javascript|vbscript):?"
"""What a sanitiser must not be told to keep."""

JINJA = Library(
    name="jinja2",
    language="python",
    packages=("jinja2", "markupsafe"),
    types={
        # A sandboxed environment compiles what it is given without giving it the application.
        "Environment": (
            "jinja2.{Environment,environment.Environment,nativetypes.NativeEnvironment}()",
            "flask:App.jinja_env",
            "starlette:Templates.env",
        ),
        "Filter": (
            "Environment.filters.*(@=)",
            "Environment.filters.update(*)",
            "Environment.filters.update(0).*",
            "flask:App.template_filter()(0)",
            "flask:App.{template_filter,add_template_filter}(0)",
            "flask:Blueprint.app_template_filter()(0)",
            "flask:Blueprint.{app_template_filter,add_app_template_filter}(0)",
        ),
        "Compiled": ("jinja2.Template()",),
        "Template": (
            "Compiled",
            "Environment.{get_template,select_template,get_or_select_template,from_string}()",
        ),
    },
    sites=("Environment", "Compiled"),
    concepts=(
        TemplateSource("jinja2.Template(0|source)"),
        TemplateSource("Environment.{from_string,parse,compile}(0|source)"),
        TemplateRender("Template.{render,render_async,generate,stream}(self)", values="**", escapes="made"),
        AutoEscape("jinja2.{Environment,environment.Environment,Template}(autoescape)", default=False),
        # What is rendered is known by its name.
        TextJoin("Environment.{get_template,select_template,get_or_select_template}(0|name)"),
        PageFunction("Environment.globals[]"),
        PageFunction("Environment.globals.update(*)"),
        PageFunction("flask:App.template_global()(0)"),
        PageFunction("flask:App.{template_global,add_template_global}(0)"),
        PageFunction("flask:Blueprint.app_template_global()(0)"),
        PageFunction("flask:Blueprint.{app_template_global,add_app_template_global}(0)"),
        PageFunction("flask:{App,Blueprint}.{context_processor,app_context_processor}(0)", gathered=True),
        # A filter gets what a page shows.
        StoredInput("Filter<0>"),
        HtmlMarkup("{markupsafe,jinja2,jinja2.utils}.Markup(0)"),
        Sanitizer("{markupsafe,jinja2,jinja2.utils}.{escape,escape_silent}()", (Context.HTML, Context.XML)),
        Sanitizer("{markupsafe,jinja2}.Markup.escape()", (Context.HTML, Context.XML)),
        # `Markup.format` escapes what it is given (MarkupSafe, Formatting).
        Sanitizer("{markupsafe,jinja2}.Markup().{format,join}()", (Context.HTML,)),
    ),
)

MAKO = Library(
    name="mako",
    language="python",
    packages=("mako",),
    types={
        "Lookup": ("mako.lookup.TemplateLookup()",),
        "Template": ("mako.template.Template()", "Lookup.get_template()"),
    },
    concepts=(
        TemplateSource("mako.template.Template(0|text)"),
        TemplateRender(
            "Template.{render,render_unicode,render_context}(self)", values="**", escapes="setting"
        ),
        TextJoin("Lookup.get_template(0|uri)"),
    ),
)

BLEACH = Library(
    name="bleach",
    language="python",
    packages=("bleach", "nh3", "lxml_html_clean", "pygments", "django.utils.html"),
    types={"Cleaner": ("bleach.sanitizer.Cleaner()", "bleach.Cleaner()")},
    concepts=(
        Sanitizer(
            "bleach.clean()",
            (Context.HTML,),
            lets=(
                ("(1|tags)", RUNNING_TAGS),
                ("(2|attributes)", RUNNING_ATTRIBUTES),
                ("(3|protocols)", RUNNING_SCHEMES),
            ),
        ),
        Sanitizer("Cleaner.clean()", (Context.HTML,)),
        Sanitizer(
            "nh3.clean()",
            (Context.HTML,),
            lets=(
                ("(1|tags)", RUNNING_TAGS),
                ("(3|attributes)", RUNNING_ATTRIBUTES),
                ("(url_schemes)", RUNNING_SCHEMES),
            ),
        ),
        Sanitizer("nh3.{clean_text,escape}()", (Context.HTML,)),
        Sanitizer("lxml_html_clean.clean_html()", (Context.HTML,)),
        # Its formatters for HTML escape what they colour.
        Sanitizer("pygments.highlight()", (Context.HTML,)),
        Sanitizer(
            "django.utils.html.{linebreaks,urlize}()", (Context.HTML,), when="(autoescape)", values=("True",)
        ),
    ),
)

MARKDOWN = Library(
    name="markdown",
    language="python",
    packages=("markdown", "markdown2", "mistune", "commonmark", "markdown_it"),
    types={
        "Converter": ("markdown.Markdown()", "markdown2.Markdown()"),
        "MarkdownIt": ("{markdown_it,markdown_it.main}.MarkdownIt()",),
        "Mistune": ("mistune.create_markdown()",),
    },
    sites=("MarkdownIt", "Mistune"),
    concepts=(
        # HTML within the text is part of Markdown; whoever lets strangers write it cleans what comes out.
        MarkupMade("markdown.markdown(0|text)"),
        MarkupMade("markdown2.markdown(0|text)", keeps=(("(safe_mode)", "escape|replace|True"),)),
        MarkupMade("Converter.convert(0|source)"),
        MarkupMade("mistune.html(0)"),
        MarkupMade("mistune.markdown(0|text)", lets=(("(1|escape)", "False"),)),
        MarkupMade("Mistune(0)", lets=(("(0|escape)", "False"),), maker=True),
        # Its presets for CommonMark and GitHub let HTML through (Using markdown_it, "The Parser").
        MarkupMade(
            "MarkdownIt.render(0|src)",
            keeps=(("(0|config)", "js-default|zero"), ("(1|options_update).html", "False")),
            maker=True,
        ),
        # It finds addresses in markup, and leaves the markup as it is.
        MarkupMade("bleach.linkify(0|text)"),
        MarkupMade("commonmark.commonmark(0)"),
    ),
)

DATES = Library(
    name="babel",
    language="python",
    packages=("babel", "flask_babel", "flask_babelplus", "flask_babelex"),
    concepts=(
        # Texts made of dates and numbers.
        Sanitizer(
            "{babel.dates,flask_babel,flask_babelplus,flask_babelex}.{format_date,format_time,format_datetime,"
            "format_timedelta}()",
            (Context.HTML, Context.CELL),
        ),
    ),
)

TEMPLATES = (JINJA, MAKO, BLEACH, MARKDOWN, DATES)
