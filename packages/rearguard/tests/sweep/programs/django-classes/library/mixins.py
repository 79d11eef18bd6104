from django.contrib.auth.mixins import AccessMixin, LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404

from library.models import Loan


class OwnLoans(LoginRequiredMixin):
    model = Loan

    def get_queryset(self):
        return super().get_queryset().filter(reader=self.request.user)


class ReaderOnly:
    def get_object(self, queryset=None):
        loan = super().get_object(queryset)
        if loan.reader != self.request.user:
            raise Http404
        return loan


class LibrarianRequired(AccessMixin):
    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        if not request.user.is_staff:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)
