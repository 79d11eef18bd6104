from django.urls import include, path

from library import views

urlpatterns = [
    path("books/", include("library.urls")),
    path("members/", include("members.urls")),
    path("reports/<int:pk>/", views.ReportDetail.as_view()),
]
