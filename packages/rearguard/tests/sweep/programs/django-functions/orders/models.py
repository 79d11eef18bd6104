from django.conf import settings
from django.db import models


class OrderQuerySet(models.QuerySet):
    def for_user(self, user):
        return self.filter(customer=user)

    def open(self):
        return self.filter(closed=False)


class Order(models.Model):
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="orders")
    reference = models.CharField(max_length=40)
    address = models.TextField()
    total = models.DecimalField(max_digits=8, decimal_places=2)
    closed = models.BooleanField(default=False)
    receipt = models.FileField(upload_to="receipts")

    objects = OrderQuerySet.as_manager()

    def belongs_to(self, user):
        return self.customer_id == user.id


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.CharField(max_length=80)
    quantity = models.PositiveIntegerField()


class Review(models.Model):
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    product = models.CharField(max_length=80)
    body = models.TextField()
