"""LDAP clients: ldap3, python-ldap, and what Django and Flask put on top of them.

API reference: https://ldap3.readthedocs.io/en/latest/searches.html,
https://www.python-ldap.org/en/latest/reference/ldap.html, https://www.python-ldap.org/en/latest/reference/ldap-filter.html,
https://bonsai.readthedocs.io/en/latest/api.html, https://flask-simpleldap.readthedocs.io/
"""

from rearguard.models.concepts import Context, LdapQuery, Sanitizer, SecretUse
from rearguard.models.dsl import Library

__all__ = ["DIRECTORIES"]

_SEARCHES = "{search,search_s,search_st,search_ext,search_ext_s}"

LDAP3 = Library(
    name="ldap3",
    language="python",
    packages=("ldap3",),
    types={"Connection": ("ldap3.{Connection,core.connection.Connection}()",)},
    concepts=(
        LdapQuery("Connection.search(1|search_filter)"),
        LdapQuery("Connection.search(0|search_base)", part="name"),
        LdapQuery("Connection.extend.standard.paged_search(1|search_filter)"),
        LdapQuery("Connection.{add,delete,modify}(0|dn)", part="name"),
        LdapQuery("ldap3.Reader(2|query)"),
        SecretUse("ldap3.{Connection,core.connection.Connection}(2|password)", what="password"),
        Sanitizer("ldap3.utils.conv.escape_filter_chars()", (Context.LDAP,)),
        Sanitizer("ldap3.utils.dn.{escape_rdn,safe_rdn}()", (Context.LDAP,)),
    ),
)

PYTHON_LDAP = Library(
    name="python_ldap",
    language="python",
    packages=("ldap",),
    types={"Connection": ("ldap.{initialize,open,ldapobject.LDAPObject,ldapobject.ReconnectLDAPObject}()",)},
    concepts=(
        LdapQuery(f"Connection.{_SEARCHES}(2|filterstr)"),
        LdapQuery(f"Connection.{_SEARCHES}(0|base)", part="name"),
        LdapQuery("Connection.{simple_bind,simple_bind_s,bind,bind_s}(0|who)", part="name"),
        SecretUse("Connection.{simple_bind,simple_bind_s}(1|cred)", what="password"),
        LdapQuery("Connection.{add_s,delete_s,modify_s}(0|dn)", part="name"),
        LdapQuery("ldap.asyncsearch.{List,Dict}().startSearch(2|filterStr)"),
        Sanitizer("ldap.filter.{escape_filter_chars,filter_format}()", (Context.LDAP,)),
        Sanitizer("ldap.dn.escape_dn_chars()", (Context.LDAP,)),
    ),
)

BONSAI = Library(
    name="bonsai",
    language="python",
    packages=("bonsai",),
    types={"Connection": ("bonsai.LDAPClient().connect()",)},
    concepts=(
        LdapQuery("Connection.{search,paged_search}(2|filter_exp)"),
        Sanitizer("bonsai.{escape_filter_exp,escape_attribute_value}()", (Context.LDAP,)),
    ),
)

FLASK_SIMPLELDAP = Library(
    name="flask_simpleldap",
    language="python",
    packages=("flask_simpleldap",),
    types={"Directory": ("flask_simpleldap.LDAP()",)},
    concepts=(
        # Put into the filter of the settings as they are.
        LdapQuery("Directory.{get_object_details,get_user_groups,bind_user}(0|user|username)"),
        LdapQuery("Directory.get_group_members(0|group)"),
    ),
)

DIRECTORIES = (LDAP3, PYTHON_LDAP, BONSAI, FLASK_SIMPLELDAP)
