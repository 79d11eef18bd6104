"""Shared caches: Flask-Caching, Django's, cachelib, redis, pymemcache.

https://flask-caching.readthedocs.io/, https://docs.djangoproject.com/en/stable/topics/cache/,
https://redis.readthedocs.io/, https://pymemcache.readthedocs.io/
"""

from rearguard.models.concepts import SharedContent
from rearguard.models.dsl import Library

__all__ = ["CACHES"]

CACHES = Library(
    name="caches",
    language="python",
    packages=("flask_caching", "django.core.cache", "cachelib", "redis", "pymemcache"),
    types={
        "Cache": (
            "flask_caching.Cache()",
            "django.core.cache.{cache,caches[]}",
            "cachelib.{SimpleCache,FileSystemCache,RedisCache,MemcachedCache}()",
            "redis.{Redis,StrictRedis,from_url,Redis.from_url,asyncio.Redis,asyncio.from_url}()",
            "pymemcache.client.base.{Client,PooledClient}()",
        )
    },
    concepts=(
        SharedContent("Cache.{set,add,setnx,get_or_set}(1)"),
        SharedContent("Cache.setex(2|value)"),
    ),
)
