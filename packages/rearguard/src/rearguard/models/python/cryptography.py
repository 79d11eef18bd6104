"""Hashes, ciphers, keys and chance in Python: the standard library, cryptography, PyCryptodome.

API reference: https://docs.python.org/3/library/crypto.html, https://docs.python.org/3/library/random.html,
https://docs.python.org/3/library/secrets.html, https://docs.python.org/3/library/uuid.html,
https://docs.python.org/3/library/ssl.html, https://cryptography.io/en/latest/hazmat/primitives/,
https://pycryptodome.readthedocs.io/en/latest/src/cipher/cipher.html,
https://pynacl.readthedocs.io/en/latest/secret/, https://numpy.org/doc/stable/reference/random/index.html
"""

from rearguard.models.concepts import (
    Encryption,
    Hashing,
    KeyDerivation,
    KeyGeneration,
    Mac,
    RandomSource,
    SecretUse,
    TlsVersion,
)
from rearguard.models.dsl import Library

__all__ = ["CRYPTOGRAPHY", "DIGESTS"]

_FAST = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_512", "blake2b", "blake2s")
_HAZMAT = "cryptography.hazmat.primitives"
_CIPHERS = f"{_HAZMAT}.ciphers"
_DECREPIT = "cryptography.hazmat.decrepit.ciphers"
_PYCRYPTO = "{Crypto,Cryptodome}"
_GUESSED = "{random,randint,randrange,choice,choices,sample,uniform,shuffle,betavariate,gauss}"

DIGESTS = Library(
    name="digests",
    language="python",
    packages=(),
    types={"Mac": ("hmac.{new,HMAC,digest}()", "Mac.copy()")},
    concepts=(
        *(
            Hashing(f"hashlib.{name}()", algorithm=name, data="(0|string)", exempt="(usedforsecurity)")
            for name in _FAST
        ),
        Hashing("hashlib.new()", chosen="(0|name)", data="(1|data)", exempt="(usedforsecurity)"),
        Mac("Mac"),
        SecretUse("hmac.{new,HMAC,digest}(0|key)", what="signing key"),
        KeyDerivation(
            "hashlib.pbkdf2_hmac(1|password)", cost="(3|iterations)", least=100_000, salt="(2|salt)"
        ),
        KeyDerivation("hashlib.scrypt(0|password)", cost="(n)", least=16_384, salt="(salt)"),
        RandomSource(f"random.{_GUESSED}()", kind="statistical"),
        RandomSource(f"random.Random().{_GUESSED}()", kind="statistical"),
        RandomSource("random.{getrandbits,randbytes,Random().getrandbits}()", kind="statistical", bits=True),
        RandomSource("uuid.uuid1()", kind="clock"),
        # A digest of a name that the program knows.
        Hashing("uuid.uuid3()", algorithm="md5", data="(1|name)"),
        Hashing("uuid.uuid5()", algorithm="sha1", data="(1|name)"),
        RandomSource("time.{time,time_ns,monotonic}()", kind="clock"),
        RandomSource("datetime.{datetime.now,datetime.utcnow,datetime.today,date.today}()", kind="clock"),
        RandomSource(f"random.SystemRandom().{_GUESSED}()", kind="secure"),
        RandomSource(
            "secrets.{token_hex,token_urlsafe,token_bytes}()", kind="secure", size="(0|nbytes)", default=32
        ),
        RandomSource("secrets.{choice,randbelow,randbits}()", kind="secure"),
        RandomSource("os.urandom()", kind="secure", size="(0)"),
        RandomSource("uuid.uuid4()", kind="secure"),
        TlsVersion("ssl.{SSLContext,wrap_socket}(0|protocol)"),
        TlsVersion("ssl.wrap_socket(ssl_version)"),
        TlsVersion("ssl.{SSLContext,create_default_context}().{minimum_version,options}"),
    ),
)

CIPHERS = Library(
    name="ciphers",
    language="python",
    packages=("cryptography", "Crypto", "Cryptodome", "nacl", "numpy", "pyaes", "Crypto.Cipher"),
    concepts=(
        Encryption(f"{_CIPHERS}.algorithms.AES()", algorithm="aes", key="(0|key)"),
        Encryption(f"{_CIPHERS}.algorithms.TripleDES()", algorithm="3des", key="(0|key)"),
        Encryption(
            f"{_CIPHERS}.algorithms.{{ARC4,Blowfish,IDEA,CAST5,SEED}}()", algorithm="rc4", key="(0|key)"
        ),
        Encryption(
            f"{_DECREPIT}.algorithms.{{TripleDES,ARC4,Blowfish,IDEA,CAST5,SEED,RC2}}()",
            algorithm="rc4",
            key="(0|key)",
        ),
        Encryption(f"{_CIPHERS}.modes.ECB()", algorithm="ecb"),
        Encryption(f"{_CIPHERS}.modes.{{CBC,CTR,OFB,CFB,GCM}}()", algorithm="aes", iv="(0)"),
        Encryption(
            f"{_CIPHERS}.aead.{{AESGCM,ChaCha20Poly1305,AESCCM}}()", algorithm="aes-gcm", key="(0|key)"
        ),
        Encryption(
            f"{_CIPHERS}.aead.{{AESGCM,ChaCha20Poly1305,AESCCM}}().encrypt()",
            algorithm="aes-gcm",
            iv="(0|nonce)",
            data="(1|data)",
        ),
        Encryption("cryptography.fernet.Fernet()", algorithm="fernet", key="(0|key)"),
        Encryption("cryptography.fernet.Fernet().encrypt()", algorithm="fernet", data="(0|data)"),
        SecretUse("cryptography.fernet.Fernet(0|key)", what="encryption key"),
        SecretUse(f"{_CIPHERS}.algorithms.AES(0|key)", what="encryption key"),
        SecretUse(f"{_CIPHERS}.aead.{{AESGCM,ChaCha20Poly1305}}(0|key)", what="encryption key"),
        Hashing(f"{_HAZMAT}.hashes.MD5()", algorithm="md5"),
        Hashing(f"{_HAZMAT}.hashes.SHA1()", algorithm="sha1"),
        Hashing(f"{_HAZMAT}.hashes.Hash()", algorithm="sha2"),
        Mac(f"{_HAZMAT}.hmac.HMAC()"),
        SecretUse(f"{_HAZMAT}.hmac.HMAC(0|key)", what="signing key"),
        KeyDerivation(
            f"{_HAZMAT}.kdf.pbkdf2.PBKDF2HMAC()", cost="(3|iterations)", least=100_000, salt="(2|salt)"
        ),
        KeyDerivation(f"{_HAZMAT}.kdf.scrypt.Scrypt()", cost="(2|n)", least=16_384, salt="(0|salt)"),
        KeyGeneration(f"{_HAZMAT}.asymmetric.rsa.generate_private_key(1|key_size)", least=2048),
        KeyGeneration(f"{_HAZMAT}.asymmetric.dsa.generate_private_key(0|key_size)", least=2048),
        KeyGeneration(f"{_HAZMAT}.asymmetric.ec.generate_private_key(0|curve)", least=224, curve=True),
        KeyGeneration(f"{_PYCRYPTO}.PublicKey.ECC.generate(curve)", least=224, curve=True),
        Encryption(f"{_HAZMAT}.asymmetric.padding.PKCS1v15()", algorithm="rsa-pkcs1"),
        Encryption(
            f"{_PYCRYPTO}.Cipher.AES.new()", algorithm="aes", chosen="(1|mode)", key="(0|key)", iv="(2|iv)"
        ),
        Encryption(f"{_PYCRYPTO}.Cipher.AES.new()", key="(0|key)", iv="(nonce)"),
        Encryption(f"{_PYCRYPTO}.Cipher.AES.new()", key="(0|key)", iv="(counter)"),
        Encryption(
            f"{_PYCRYPTO}.Cipher.{{ChaCha20,ChaCha20_Poly1305,Salsa20}}.new()",
            algorithm="chacha20",
            key="(key)",
            iv="(nonce)",
        ),
        Encryption(
            "nacl.secret.{SecretBox,Aead}().encrypt()",
            algorithm="xsalsa20",
            iv="(1|nonce)",
            data="(0|plaintext)",
        ),
        Encryption("nacl.public.Box().encrypt()", algorithm="xsalsa20", iv="(1|nonce)", data="(0|plaintext)"),
        SecretUse("nacl.secret.{SecretBox,Aead}(0|key)", what="encryption key"),
        Encryption(
            f"{_PYCRYPTO}.Cipher.{{DES,DES3,ARC2,ARC4,Blowfish,CAST,XOR}}.new()",
            algorithm="des",
            key="(0|key)",
        ),
        Encryption(f"{_PYCRYPTO}.Cipher.PKCS1_v1_5.new()", algorithm="rsa-pkcs1"),
        SecretUse(f"{_PYCRYPTO}.Cipher.AES.new(0|key)", what="encryption key"),
        Hashing(f"{_PYCRYPTO}.Hash.{{MD2,MD4,MD5}}.new()", algorithm="md5", data="(0|data)"),
        Hashing(f"{_PYCRYPTO}.Hash.{{SHA,SHA1,RIPEMD160}}.new()", algorithm="sha1", data="(0|data)"),
        Hashing(f"{_PYCRYPTO}.Hash.{{SHA256,SHA512}}.new()", algorithm="sha256", data="(0|data)"),
        Mac(f"{_PYCRYPTO}.Hash.HMAC.new()"),
        KeyDerivation(
            f"{_PYCRYPTO}.Protocol.KDF.PBKDF2(0|password)",
            cost="(3|count)",
            least=100_000,
            fallback=1000,
            salt="(1|salt)",
        ),
        KeyDerivation(
            f"{_PYCRYPTO}.Protocol.KDF.scrypt(0|password)", cost="(3|N)", least=16_384, salt="(1|salt)"
        ),
        KeyGeneration(f"{_PYCRYPTO}.PublicKey.{{RSA,DSA}}.generate(0|bits)", least=2048),
        RandomSource("numpy.random.{rand,randint,choice,random,bytes,random_sample}()", kind="statistical"),
    ),
)

CRYPTOGRAPHY = (DIGESTS, CIPHERS)
