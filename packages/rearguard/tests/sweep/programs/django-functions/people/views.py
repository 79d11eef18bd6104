import logging
import os
import random
import secrets

from django.conf import settings
from django.contrib.auth import authenticate, get_user_model, login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required, permission_required, user_passes_test
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django_ratelimit.decorators import ratelimit

from people.forms import FullProfileForm, ProfileForm
from people.models import Invitation, Profile

log = logging.getLogger(__name__)
User = get_user_model()


def is_staff(user):
    return user.is_authenticated and user.is_staff


@ratelimit(key="ip", rate="5/m", block=True)
@require_POST
def sign_in(request):
    user = authenticate(request, username=request.POST["username"], password=request.POST["password"])
    if user is None:
        return render(request, "people/login.html", {"error": "Wrong name or password"}, status=401)
    login(request, user)
    target = request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=True):
        target = "/"
    return redirect(target)  # OK: redirect-next; OK: login-unlimited


@require_POST
def sign_in_form(request):  # BAD: missing-rate-limit login-unlimited
    found = User.objects.filter(username=request.POST["username"]).first()
    if found is None:
        return render(request, "people/login.html", {"error": "No such user"}, status=404)  # BAD: user-enumeration enumeration
    if not found.check_password(request.POST["password"]):
        return render(request, "people/login.html", {"error": "Wrong password"}, status=401)
    login(request, found)
    return redirect(request.GET.get("next", "/"))  # BAD: open-redirect redirect-next


@require_POST
def sign_out(request):
    logout(request)
    return redirect("/")


@login_required
@require_POST
def edit_profile(request):
    profile = get_object_or_404(Profile, user=request.user)
    form = ProfileForm(request.POST, instance=profile)
    if form.is_valid():
        form.save()  # OK: self-promote
    return redirect("/")


@login_required
@require_POST
def edit_profile_full(request):
    form = FullProfileForm(request.POST, instance=request.user.profile)
    if form.is_valid():
        form.save()
    return redirect("/")


@login_required
@require_POST
def change_password(request):
    if not request.user.check_password(request.POST["old_password"]):
        return HttpResponse("wrong password", status=400)
    request.user.set_password(request.POST["new_password"])
    request.user.save()
    update_session_auth_hash(request, request.user)
    log.info("password changed for %s", request.user.pk)  # OK: secret-log
    return redirect("/")


@login_required
@require_POST
def change_password_quick(request):  # BAD: weak-recovery old-password
    password = request.POST["password"]
    request.user.set_password(password)
    request.user.save()
    log.info("user %s has the password %r", request.user.pk, password)  # BAD: sensitive-data-in-log secret-log
    return redirect("/")


@user_passes_test(is_staff)
def staff_list(request):
    users = User.objects.values("id", "username")[:100]
    return JsonResponse({"users": list(users)})  # OK: no-admin


@permission_required("auth.change_user", raise_exception=True)
@require_POST
def disable(request, pk):
    user = get_object_or_404(User, pk=pk)
    user.is_active = False
    user.save()  # OK: no-admin
    return redirect("/people/staff/")


@login_required
@require_POST
def enable(request, pk):
    user = get_object_or_404(User, pk=pk)  # BAD: missing-authorization|insecure-direct-object-reference no-admin
    user.is_active = True
    user.save()
    return redirect("/people/staff/")


@require_POST
def make_moderator(request, pk):  # BAD: missing-authentication no-login
    profile = get_object_or_404(Profile, pk=pk)
    profile.is_moderator = True
    profile.save()
    return redirect("/people/staff/")


@user_passes_test(lambda user: user.is_superuser)
@require_POST
def invite(request):
    code = secrets.token_urlsafe(24)
    Invitation.objects.create(email=request.POST["email"], code=code)  # OK: reset-guessable
    return redirect("/people/staff/")


@user_passes_test(lambda user: user.is_superuser)
@require_POST
def invite_quick(request):
    code = str(random.randint(100000, 999999))  # BAD: predictable-random|weak-recovery reset-guessable
    Invitation.objects.create(email=request.POST["email"], code=code)
    return redirect("/people/staff/")


@login_required
@require_POST
def upload(request):
    picture = request.FILES["picture"]
    path = os.path.join(settings.MEDIA_ROOT, "pictures", picture.name)
    with open(path, "wb") as target:  # BAD: unrestricted-upload upload
        for chunk in picture.chunks():
            target.write(chunk)
    return redirect("/")
