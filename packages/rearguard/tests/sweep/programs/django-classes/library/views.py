from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin, UserPassesTestMixin
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator
from django.views import View
from django.views.generic import CreateView, DeleteView, DetailView, ListView, UpdateView

from library.mixins import OwnLoans, ReaderOnly
from library.models import Annotation, Loan, Report


class LoanList(LoginRequiredMixin, ListView):
    paginate_by = 50

    def get_queryset(self):
        return Loan.objects.borrowed_by(self.request.user)  # OK: list-other


class LateList(LoginRequiredMixin, ListView):
    queryset = Loan.objects.late()  # BAD: insecure-direct-object-reference list-other
    paginate_by = 50


class LoanDetail(OwnLoans, DetailView):
    template_name = "loan.html"  # OK: read-other


class LoanCard(LoginRequiredMixin, DetailView):
    model = Loan  # BAD: insecure-direct-object-reference read-other
    template_name = "card.html"


class LoanUpdate(LoginRequiredMixin, ReaderOnly, UpdateView):
    model = Loan
    fields = ["note"]
    success_url = "/books/loans/"  # OK: update-other


class LoanNote(LoginRequiredMixin, UpdateView):
    model = Loan  # BAD: insecure-direct-object-reference update-other
    fields = ["note"]
    success_url = "/books/loans/"


class LoanReturn(LoginRequiredMixin, UserPassesTestMixin, DeleteView):
    model = Loan
    success_url = "/books/loans/"

    def test_func(self):
        return self.get_object().reader_id == self.request.user.id  # OK: delete-other


@method_decorator(login_required, name="dispatch")
class LoanRemove(DeleteView):
    model = Loan  # BAD: insecure-direct-object-reference delete-other
    success_url = "/books/loans/"


class ScanView(LoginRequiredMixin, View):
    def get(self, request, pk):
        loan = get_object_or_404(request.user.loans, pk=pk)
        return FileResponse(loan.scan.open())  # OK: file-other


class ScanPdf(LoginRequiredMixin, View):
    def get(self, request, pk):
        loan = get_object_or_404(Loan, pk=pk)  # BAD: insecure-direct-object-reference file-other
        return FileResponse(loan.scan.open())


@method_decorator(login_required, name="dispatch")
class AnnotationView(View):
    def get_loan(self):
        return get_object_or_404(Loan, pk=self.kwargs["pk"], reader=self.request.user)

    def get(self, request, pk, annotation):
        found = get_object_or_404(Annotation, pk=annotation, loan=self.get_loan())
        return HttpResponse(found.text, content_type="text/plain")  # OK: parent-other

    def post(self, request, pk, annotation):
        self.get_loan()
        found = get_object_or_404(Annotation, pk=annotation)  # BAD: insecure-direct-object-reference|incorrect-authorization parent-other
        found.text = request.POST["text"][:500]
        found.save()
        return redirect("/books/loans/")


class LoanCreate(LoginRequiredMixin, CreateView):
    model = Loan
    fields = ["title", "note"]
    success_url = "/books/loans/"

    def form_valid(self, form):
        form.instance.reader = self.request.user
        return super().form_valid(form)  # OK: mass-write


class LoanImport(LoginRequiredMixin, CreateView):
    model = Loan
    fields = ["reader", "title", "note"]  # BAD: mass-assignment mass-write
    success_url = "/books/loans/"


class ReportDetail(LoginRequiredMixin, DetailView):
    def get_queryset(self):
        return Report.objects.filter(branch__in=self.request.user.branches.all())  # OK: tenant-escape


class ReportEdit(LoginRequiredMixin, PermissionRequiredMixin, UpdateView):
    permission_required = "library.change_report"
    model = Report
    fields = ["body"]
    success_url = "/"
