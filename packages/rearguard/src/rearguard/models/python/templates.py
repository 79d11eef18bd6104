"""Templates and markup: Jinja, MarkupSafe, Mako, Chameleon, Bleach, nh3, and what makes HTML of Markdown.

API reference: https://jinja.palletsprojects.com/en/stable/api/, https://markupsafe.palletsprojects.com/,
https://docs.makotemplates.org/en/latest/usage.html, https://bleach.readthedocs.io/, https://nh3.readthedocs.io/,
https://python-markdown.github.io/reference/, https://mistune.lepture.com/
"""

from rearguard.models.concepts import (
    AutoEscape,
    Context,
    HtmlMarkup,
    MarkupMade,
    Sanitizer,
    StoredInput,
    TemplateRender,
    TemplateSource,
    TextJoin,
)
from rearguard.models.dsl import Library

__all__ = ["BLEACH", "DATES", "JINJA", "MAKO", "MARKDOWN", "TEMPLATES"]

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
        "Template": (
            "jinja2.Template()",
            "Environment.{get_template,select_template,get_or_select_template,from_string}()",
        ),
    },
    sites=("Environment",),
    concepts=(
        TemplateSource("jinja2.Template(0|source)"),
        TemplateSource("Environment.{from_string,parse,compile}(0|source)"),
        TemplateRender("Template.{render,render_async,generate,stream}(self)", values="**", escapes="made"),
        AutoEscape("jinja2.{Environment,environment.Environment}(autoescape)", default=False),
        # What is rendered is known by its name.
        TextJoin("Environment.{get_template,select_template,get_or_select_template}(0|name)"),
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
        Sanitizer("bleach.clean()", (Context.HTML,)),
        Sanitizer("Cleaner.clean()", (Context.HTML,)),
        Sanitizer("nh3.{clean,clean_text,escape}()", (Context.HTML,)),
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
    packages=("markdown", "markdown2", "mistune", "commonmark"),
    types={"Converter": ("markdown.Markdown()", "markdown2.Markdown()")},
    concepts=(
        # HTML within the text is part of Markdown; whoever lets strangers write it cleans what comes out.
        MarkupMade("markdown.markdown(0|text)"),
        MarkupMade("markdown2.markdown(0|text)", unless="(safe_mode)"),
        MarkupMade("Converter.convert(0|source)"),
        MarkupMade("mistune.html(0)"),
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
