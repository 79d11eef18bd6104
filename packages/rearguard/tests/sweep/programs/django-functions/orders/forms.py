from django import forms

from orders.models import Order, Review


class AddressForm(forms.ModelForm):
    class Meta:
        model = Order
        fields = ["address"]


class OrderForm(forms.ModelForm):
    class Meta:
        model = Order
        fields = "__all__"  # BAD: mass-assignment mass-write


class ReviewForm(forms.ModelForm):
    class Meta:
        model = Review
        fields = ["product", "body"]
