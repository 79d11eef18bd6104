from django.contrib.auth.models import User
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver


class Branch(models.Model):
    name = models.CharField(max_length=80)
    readers = models.ManyToManyField(User, related_name="branches")


class Card(models.Model):
    user = models.OneToOneField(User, on_delete=models.CASCADE)
    number = models.CharField(max_length=20)
    is_librarian = models.BooleanField(default=False)

    def promote(self):
        self.is_librarian = True
        self.save()


@receiver(post_save, sender=User)
def make_card(sender, instance, created, **kwargs):
    if created:
        Card.objects.create(user=instance, number=str(instance.pk))
