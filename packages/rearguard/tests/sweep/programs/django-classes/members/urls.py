from django.contrib.auth.views import LogoutView
from django.urls import path

from members import views

urlpatterns = [
    path("login/", views.SignIn.as_view()),
    path("logout/", LogoutView.as_view()),
    path("", views.ReaderList.as_view()),
    path("<int:pk>/promote/", views.Promote.as_view()),
    path("<int:pk>/demote/", views.Demote.as_view()),
    path("<int:pk>/freeze/", views.Freeze.as_view()),
    path("<int:pk>/wipe/", views.Wipe.as_view()),
]
