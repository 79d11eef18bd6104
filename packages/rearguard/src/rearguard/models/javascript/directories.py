"""LDAP clients: ldapjs, ldapts, activedirectory2.

API references: http://ldapjs.org/client.html, https://github.com/ldapts/ldapts#api-details,
https://github.com/tcort/ldap-escape. Filters that are made of objects escape their values.
"""

from rearguard.models.concepts import Context, LdapQuery, Sanitizer, SecretUse
from rearguard.models.dsl import Library

__all__ = ["DIRECTORIES"]

_FILTERS = "{EqualityFilter,SubstringFilter}"

DIRECTORIES = Library(
    name="directories",
    language="javascript",
    packages=("ldapjs", "ldapts", "activedirectory", "activedirectory2", "ldap-escape"),
    types={
        "Client": ("ldapjs.createClient()", "ldapts.Client()"),
        "ActiveDirectory": ("{activedirectory,activedirectory2}()", "activedirectory2.promiseWrapper()"),
    },
    concepts=(
        LdapQuery("Client.search(1).filter"),
        LdapQuery("Client.search(0)", part="name"),
        LdapQuery("Client.bind(0)", part="name"),
        SecretUse("Client.bind(1)", what="password"),
        LdapQuery("Client.{add,del,modify}(0)", part="name"),
        LdapQuery("ldapjs.parseFilter(0)"),
        LdapQuery("ActiveDirectory.{find,findUsers,findGroups}(0)"),
        LdapQuery("ActiveDirectory.{find,findUsers,findGroups}(0).filter"),
        Sanitizer(f"{{ldapjs,ldapts}}.{_FILTERS}()", (Context.LDAP,)),
        Sanitizer("ldap-escape.{filter,dn}()", (Context.LDAP,)),
    ),
)
