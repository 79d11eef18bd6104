"""Forms of Django: where views are handed them, and what their fields and a model's columns let through."""

from rearguard.models.concepts import FieldKind, RequestInput
from rearguard.models.dsl import Library

__all__ = ["DJANGO_FORMS"]

_FIELDS = "{django.forms,django.db.models}"

DJANGO_FORMS = Library(
    name="django_forms",
    language="python",
    packages=("django",),
    types={
        "Form": (
            "django.forms.{Form,ModelForm,forms.Form,models.ModelForm}()",
            "django:ViewClass.{form_valid,form_invalid}<0>",
            "django:ViewClass().get_form()",
        ),
    },
    concepts=(
        RequestInput("Form.cleaned_data", channel="form", declared=True),
        FieldKind(f"{_FIELDS}.{{IntegerField,FloatField,DecimalField,BooleanField}}()", harmless=True),
        FieldKind(f"{_FIELDS}.{{NullBooleanField,DateField,DateTimeField,TimeField}}()", harmless=True),
        FieldKind(f"{_FIELDS}.{{DurationField,UUIDField,SlugField,GenericIPAddressField}}()", harmless=True),
        FieldKind(
            "django.forms.{ChoiceField,TypedChoiceField,MultipleChoiceField,TypedMultipleChoiceField}()",
            harmless=True,
        ),
        FieldKind("django.forms.{ModelChoiceField,ModelMultipleChoiceField}()", harmless=True),
        FieldKind("django_scopes.forms.{SafeModelChoiceField,SafeModelMultipleChoiceField}()", harmless=True),
        FieldKind("django.forms.RegexField()", pattern="(0|regex)"),
        FieldKind("django.core.validators.RegexValidator()", pattern="(0|regex)"),
        FieldKind("django.forms.{CharField,EmailField,URLField}()"),
        FieldKind(
            "django.db.models.{PositiveIntegerField,PositiveSmallIntegerField,SmallIntegerField,BigIntegerField}()",
            harmless=True,
        ),
        FieldKind(
            "django.db.models.{PositiveBigIntegerField,ForeignKey,OneToOneField,ManyToManyField}()",
            harmless=True,
        ),
        FieldKind("django.db.models.{CharField,TextField}()", choices="choices"),
        # docs.djangoproject.com/en/stable/ref/files/uploads: `name` is the last part of what was sent.
        FieldKind(f"{_FIELDS}.{{FileField,ImageField}}()", upload=True),
    ),
)
