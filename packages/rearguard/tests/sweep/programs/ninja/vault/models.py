from django.contrib.auth.models import User
from django.db import models


class ApiToken(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    digest = models.CharField(max_length=64, unique=True)


class Entry(models.Model):
    keeper = models.ForeignKey(User, on_delete=models.CASCADE, related_name="entries")
    label = models.CharField(max_length=80)
    body = models.TextField()
