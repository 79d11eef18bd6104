from django import forms

from people.models import Profile


class ProfileForm(forms.ModelForm):
    class Meta:
        model = Profile
        fields = ["bio"]


class FullProfileForm(forms.ModelForm):
    class Meta:
        model = Profile
        exclude = ["user"]  # BAD: mass-assignment self-promote
