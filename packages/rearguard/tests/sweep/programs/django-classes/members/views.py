from django.contrib.auth import authenticate, login
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import User
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from library.mixins import LibrarianRequired
from members.models import Card


class SignIn(View):  # BAD: missing-rate-limit login-unlimited
    def post(self, request):
        user = authenticate(request, username=request.POST["name"], password=request.POST["password"])
        if user is None:
            return render(request, "login.html", {"error": "Name or password is wrong"}, status=401)
        login(request, user)
        return redirect(request.POST.get("next") or "/")  # BAD: open-redirect redirect-next


class ReaderList(LibrarianRequired, View):
    def get(self, request):
        found = User.objects.values("id", "username")[:100]
        return JsonResponse({"readers": list(found)})  # OK: no-admin


class Promote(LibrarianRequired, View):
    def post(self, request, pk):
        get_object_or_404(Card, user_id=pk).promote()
        return redirect("/members/")  # OK: no-admin


class Demote(LoginRequiredMixin, View):
    def post(self, request, pk):
        card = get_object_or_404(Card, user_id=pk)  # BAD: missing-authorization|insecure-direct-object-reference no-admin
        card.is_librarian = False
        card.save()
        return redirect("/members/")


class Freeze(View):
    def post(self, request, pk):  # BAD: missing-authentication no-login
        user = get_object_or_404(User, pk=pk)
        user.is_active = False
        user.save()
        return redirect("/members/")


@method_decorator(csrf_exempt, name="dispatch")
class Wipe(LibrarianRequired, View):
    def post(self, request, pk):  # BAD: missing-csrf-protection csrf
        get_object_or_404(User, pk=pk).delete()
        return redirect("/members/")
