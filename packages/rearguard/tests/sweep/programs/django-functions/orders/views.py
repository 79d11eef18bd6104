import os

import requests
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import FileResponse, Http404, HttpResponse, HttpResponseForbidden, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from orders.forms import AddressForm, OrderForm, ReviewForm
from orders.models import Order, OrderLine, Review


def own_order(request, pk):
    return get_object_or_404(Order, pk=pk, customer=request.user)


@login_required
def order_list(request):
    orders = Order.objects.for_user(request.user).open()[:50]
    return render(request, "orders/list.html", {"orders": orders})  # OK: list-other


@login_required
def order_list_all(request):
    orders = Order.objects.open()[:50]  # BAD: insecure-direct-object-reference list-other
    return render(request, "orders/list.html", {"orders": orders})


@login_required
def order_detail(request, pk):
    order = own_order(request, pk)
    return render(request, "orders/detail.html", {"order": order})  # OK: read-other


@login_required
def order_print(request, pk):
    order = get_object_or_404(Order, pk=pk)  # BAD: insecure-direct-object-reference read-other
    return render(request, "orders/detail.html", {"order": order})


@login_required
@require_POST
def change_address(request, pk):
    order = get_object_or_404(Order, pk=pk)
    if not order.belongs_to(request.user):
        return HttpResponseForbidden()
    form = AddressForm(request.POST, instance=order)
    if form.is_valid():
        form.save()  # OK: update-other
    return redirect("/orders/")


@login_required
@require_POST
def edit_order(request, pk):
    order = get_object_or_404(Order, pk=pk)  # BAD: insecure-direct-object-reference update-other
    form = AddressForm(request.POST, instance=order)
    if form.is_valid():
        form.save()
    return redirect("/orders/")


@login_required
@require_POST
def cancel_order(request, pk):
    try:
        order = request.user.orders.get(pk=pk)
    except Order.DoesNotExist:
        raise Http404
    order.delete()  # OK: delete-other
    return redirect("/orders/")


@login_required
@require_POST
def drop_order(request, pk):
    Order.objects.filter(pk=pk).delete()  # BAD: insecure-direct-object-reference delete-other
    return redirect("/orders/")


@login_required
def receipt(request, pk):
    order = Order.objects.for_user(request.user).filter(pk=pk).first()
    if order is None:
        raise Http404
    return FileResponse(order.receipt.open("rb"))  # OK: file-other


@login_required
def receipt_pdf(request, pk):
    order = Order.objects.get(pk=pk)  # BAD: insecure-direct-object-reference file-other
    return FileResponse(order.receipt.open("rb"))


@login_required
@require_POST
def remove_line(request, pk, line):
    order = own_order(request, pk)
    get_object_or_404(order.lines, pk=line).delete()  # OK: parent-other
    return redirect("/orders/")


@login_required
@require_POST
def delete_line(request, pk, line):
    own_order(request, pk)
    get_object_or_404(OrderLine, pk=line).delete()  # BAD: insecure-direct-object-reference|incorrect-authorization parent-other
    return redirect("/orders/")


@login_required
def close_order(request, pk):  # BAD: state-change-on-get|missing-csrf-protection get-changes
    order = own_order(request, pk)
    order.closed = True
    order.save()
    return redirect("/orders/")


@login_required
@require_POST
def reopen_order(request, pk):
    order = own_order(request, pk)
    order.closed = False
    order.save()  # OK: get-changes
    return redirect("/orders/")


@login_required
def file_by_name(request):
    path = os.path.join(settings.MEDIA_ROOT, request.GET["name"])
    return FileResponse(open(path, "rb"))  # BAD: path-traversal file-path


@login_required
@require_POST
def reviews(request):
    form = ReviewForm(request.POST)
    if form.is_valid():
        review = form.save(commit=False)
        review.author = request.user
        review.save()  # OK: mass-write
        return redirect("/orders/")
    return render(request, "orders/review.html", {"form": form})


@require_GET
def show_review(request, pk):
    review = get_object_or_404(Review, pk=pk)
    return HttpResponse(format_html("<p>{}</p>", review.body))  # OK: xss-stored


@require_GET
def show_review_raw(request, pk):
    review = get_object_or_404(Review, pk=pk)
    return render(request, "orders/review.html", {"body": mark_safe(review.body)})  # BAD: cross-site-scripting xss-stored


@login_required
def search(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM orders_order WHERE reference = '%s'" % request.GET.get("q"))  # BAD: sql-injection sql
        return JsonResponse({"found": cursor.fetchall()})


@login_required
def find(request):
    found = Order.objects.for_user(request.user).filter(reference=request.GET.get("q", ""))[:20]
    return JsonResponse({"found": [order.id for order in found]})  # OK: sql


def hello(request):
    name = request.GET.get("name", "")
    if request.GET.get("plain"):
        return HttpResponse(escape(name))  # OK: xss-reflected
    return HttpResponse("<h1>Hello " + name + "</h1>")  # BAD: cross-site-scripting xss-reflected


@csrf_exempt
@login_required
@require_POST
def import_order(request):  # BAD: missing-csrf-protection csrf
    form = OrderForm(request.POST)
    if form.is_valid():
        form.save()
    return redirect("/orders/")


@require_POST
@login_required
def webhook(request):
    answer = requests.post(request.POST["url"], json={"ok": True}, timeout=5)  # BAD: server-side-request-forgery ssrf
    return JsonResponse({"status": answer.status_code})
