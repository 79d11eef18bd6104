from django.contrib.auth.models import AbstractUser
from django.db import models


class Company(models.Model):
    name = models.CharField(max_length=80)


class User(AbstractUser):
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="employees")
    phone = models.CharField(max_length=30, blank=True)
    is_manager = models.BooleanField(default=False)
    api_token = models.CharField(max_length=64, blank=True)
