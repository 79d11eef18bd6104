from django.db import models


class LoanManager(models.Manager):
    def borrowed_by(self, reader):
        return self.get_queryset().filter(reader=reader)

    def late(self):
        return self.filter(late=True)
