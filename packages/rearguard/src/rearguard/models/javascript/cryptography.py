"""Hashes, ciphers, keys and chance in JavaScript: Node, Web Crypto, crypto-js, node-forge, uuid, nanoid.

API references: https://nodejs.org/api/crypto.html, https://nodejs.org/api/tls.html,
https://cryptojs.gitbook.io/docs/, https://github.com/digitalbazaar/forge, https://github.com/uuidjs/uuid,
https://github.com/ai/nanoid, https://github.com/dchest/tweetnacl-js, https://github.com/pvorb/node-md5,
https://developer.mozilla.org/docs/Web/JavaScript/Reference/Global_Objects/Math/random
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

__all__ = ["CRYPTOGRAPHY"]

_MODES = "{createCipheriv,createDecipheriv}"
_BLOCK = "{AES,TripleDES,DES,RC4,RC4Drop,Rabbit,Blowfish}"
_OLD = "{TripleDES,DES,RC4,RC4Drop,Rabbit,Blowfish}"

CRYPTO = Library(
    name="crypto",
    language="javascript",
    packages=("crypto", "tweetnacl"),
    types={
        "Crypto": ("crypto", "crypto.default", "crypto.webcrypto", "global.crypto"),
        "Mac": ("Crypto.createHmac()", "Mac.update()"),
        "Hashes": ("crypto-js", "crypto-js.default", "global.CryptoJS"),
    },
    concepts=(
        Hashing("Crypto.createHash()", chosen="(0)"),
        Hashing("Crypto.hash()", chosen="(0)", data="(1)"),
        Hashing("Crypto.subtle.digest()", chosen="(0)", data="(1)"),
        Hashing("{md5,blueimp-md5,ts-md5.Md5.hashStr}()", algorithm="md5", data="(0)"),
        Hashing("{sha1,js-sha1}()", algorithm="sha1", data="(0)"),
        Hashing("js-sha256.sha256()", algorithm="sha256", data="(0)"),
        Hashing("Hashes.MD5()", algorithm="md5", data="(0)"),
        Hashing("crypto-js/md5()", algorithm="md5", data="(0)"),
        Hashing("Hashes.{SHA1,RIPEMD160}()", algorithm="sha1", data="(0)"),
        Hashing("Hashes.{SHA256,SHA512,SHA3,SHA224,SHA384}()", algorithm="sha256", data="(0)"),
        Hashing("crypto-js/sha256()", algorithm="sha256", data="(0)"),
        Hashing("node-forge.md.md5.create()", algorithm="md5"),
        Hashing("node-forge.md.sha1.create()", algorithm="sha1"),
        Hashing("node-forge.md.{sha256,sha512}.create()", algorithm="sha256"),
        Mac("Mac"),
        Mac("Hashes.{HmacSHA256,HmacSHA512,HmacSHA1,HmacMD5}()"),
        SecretUse("Hashes.{HmacSHA256,HmacSHA512,HmacSHA1,HmacMD5}(1)", what="signing key"),
        KeyDerivation("Crypto.{pbkdf2,pbkdf2Sync}(0)", cost="(2)", least=100_000, salt="(1)"),
        KeyDerivation("Crypto.{scrypt,scryptSync}(0)", cost="(3).N", least=16_384, salt="(1)"),
        KeyDerivation("Hashes.PBKDF2(0)", cost="(2).iterations", least=100_000, fallback=1, salt="(1)"),
        KeyDerivation("node-forge.pkcs5.pbkdf2(0)", cost="(2)", least=100_000, salt="(1)"),
        Encryption(f"Crypto.{_MODES}()", chosen="(0)", key="(1)", iv="(2)"),
        Encryption("Crypto.{createCipher,createDecipher}()", chosen="(0)", passphrase="(1)"),
        Encryption("Hashes.AES.encrypt()", algorithm="aes", chosen="(2).mode", passphrase="(1)", data="(0)"),
        Encryption(
            "crypto-js/aes.encrypt()", algorithm="aes", chosen="(2).mode", passphrase="(1)", data="(0)"
        ),
        Encryption(f"Hashes.{_OLD}.{{encrypt,decrypt}}()", algorithm="des", data="(0)"),
        Encryption("{Hashes.AES,crypto-js/aes}.encrypt()", algorithm="aes", key="(1)", iv="(2).iv"),
        Encryption("tweetnacl.secretbox()", algorithm="xsalsa20", key="(2)", iv="(1)", data="(0)"),
        Encryption("tweetnacl.box()", algorithm="xsalsa20", iv="(1)", data="(0)"),
        Encryption("Crypto.{publicEncrypt,privateDecrypt}()", chosen="(0).padding"),
        RandomSource("tweetnacl.randomBytes()", kind="secure", size="(0)"),
        Encryption("node-forge.{cipher.createCipher,cipher.createDecipher}()", chosen="(0)", key="(1)"),
        Encryption("node-forge.rc2.createEncryptionCipher()", algorithm="rc2", key="(0)"),
        SecretUse(f"Hashes.{_BLOCK}.{{encrypt,decrypt}}(1)", what="encryption key"),
        KeyGeneration("Crypto.{generateKeyPair,generateKeyPairSync}(1).modulusLength", least=2048),
        KeyGeneration("Crypto.{generateKeyPair,generateKeyPairSync}(1).namedCurve", least=224, curve=True),
        KeyGeneration("Crypto.createECDH(0)", least=224, curve=True),
        KeyGeneration("node-forge.pki.rsa.generateKeyPair(0)", least=2048),
        RandomSource("global.Math.random()", kind="statistical"),
        RandomSource("lodash.{random,sample,sampleSize,shuffle}()", kind="statistical"),
        RandomSource("{global.Date.now,global.performance.now}()", kind="clock"),
        RandomSource("{uuid.v1,uuid.v6}()", kind="clock"),
        # https://github.com/ai/nanoid#non-secure: made of Math.random.
        RandomSource("nanoid/non-secure.nanoid()", kind="statistical"),
        RandomSource("nanoid/non-secure.customAlphabet()()", kind="statistical"),
        RandomSource("Crypto.randomBytes()", kind="secure", size="(0)"),
        RandomSource("Crypto.{randomUUID,randomInt,getRandomValues}()", kind="secure"),
        RandomSource("{uuid.v4,nanoid.nanoid}()", kind="secure"),
        RandomSource("nanoid.{customAlphabet,customRandom}()()", kind="secure"),
        TlsVersion(
            "{https,tls}.{createServer,request,createSecureContext,connect,Agent}(0).{minVersion,secureProtocol}"
        ),
    ),
)

CRYPTOGRAPHY = (CRYPTO,)
