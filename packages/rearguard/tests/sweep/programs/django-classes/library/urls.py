from django.urls import path

from library import views

urlpatterns = [
    path("loans/", views.LoanList.as_view()),
    path("loans/late/", views.LateList.as_view()),
    path("loans/<int:pk>/", views.LoanDetail.as_view()),
    path("loans/<int:pk>/card/", views.LoanCard.as_view()),
    path("loans/<int:pk>/edit/", views.LoanUpdate.as_view()),
    path("loans/<int:pk>/note/", views.LoanNote.as_view()),
    path("loans/<int:pk>/return/", views.LoanReturn.as_view()),
    path("loans/<int:pk>/remove/", views.LoanRemove.as_view()),
    path("loans/<int:pk>/scan/", views.ScanView.as_view()),
    path("loans/<int:pk>/scan.pdf", views.ScanPdf.as_view()),
    path("loans/<int:pk>/annotations/<int:annotation>/", views.AnnotationView.as_view()),
    path("loans/new/", views.LoanCreate.as_view()),
    path("loans/import/", views.LoanImport.as_view()),
]
