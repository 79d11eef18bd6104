from django.contrib.auth.models import User
from django.db import models

from library.managers import LoanManager


class Loan(models.Model):
    reader = models.ForeignKey(User, on_delete=models.CASCADE, related_name="loans")
    title = models.CharField(max_length=200)
    note = models.TextField(blank=True)
    late = models.BooleanField(default=False)
    scan = models.FileField(upload_to="scans", blank=True)
    objects = LoanManager()


class Annotation(models.Model):
    loan = models.ForeignKey(Loan, on_delete=models.CASCADE, related_name="annotations")
    text = models.TextField()


class Report(models.Model):
    branch = models.ForeignKey("members.Branch", on_delete=models.CASCADE)
    body = models.TextField()
