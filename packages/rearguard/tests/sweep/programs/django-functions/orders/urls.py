from django.urls import path

from orders import views

urlpatterns = [
    path("", views.order_list),
    path("all/", views.order_list_all),
    path("<int:pk>/", views.order_detail),
    path("<int:pk>/print/", views.order_print),
    path("<int:pk>/address/", views.change_address),
    path("<int:pk>/edit/", views.edit_order),
    path("<int:pk>/cancel/", views.cancel_order),
    path("<int:pk>/drop/", views.drop_order),
    path("<int:pk>/receipt/", views.receipt),
    path("<int:pk>/receipt.pdf", views.receipt_pdf),
    path("<int:pk>/lines/<int:line>/remove/", views.remove_line),
    path("<int:pk>/lines/<int:line>/delete/", views.delete_line),
    path("<int:pk>/close/", views.close_order),
    path("<int:pk>/reopen/", views.reopen_order),
    path("files/", views.file_by_name),
    path("reviews/", views.reviews),
    path("reviews/<int:pk>/", views.show_review),
    path("reviews/<int:pk>/raw/", views.show_review_raw),
    path("search/", views.search),
    path("find/", views.find),
    path("hello/", views.hello),
    path("webhook/", views.webhook),
    path("import/", views.import_order),
]
