"""What arrives outside HTTP: sockets, message brokers, queues.

API references: https://docs.python.org/3/library/socket.html, https://docs.python.org/3/library/socketserver.html,
https://docs.python.org/3/library/asyncio-stream.html, https://kafka-python.readthedocs.io/,
https://docs.confluent.io/platform/current/clients/confluent-kafka-python/html/, https://aiokafka.readthedocs.io/,
https://pika.readthedocs.io/, https://docs.aio-pika.com/, https://docs.celeryq.dev/projects/kombu/,
https://redis.readthedocs.io/, https://pyzmq.readthedocs.io/, https://eclipse.dev/paho/files/paho.mqtt.python/html/,
https://docs.aws.amazon.com/boto3/latest/reference/services/sqs.html, https://nats-io.github.io/nats.py/,
https://cloud.google.com/python/docs/reference/pubsub/latest

Whoever connects to a server chooses what it receives. What a broker hands over was put there by some program,
which took it from elsewhere: `message` says so, and lowers confidence.
"""

from rearguard.models.concepts import TEXT, Context, RequestInput
from rearguard.models.dsl import Library

__all__ = ["BROKERS"]

_READS = "{read,read1,readline,readlines,readexactly,readuntil}"
_NO_OBJECT = tuple(c for c in (*TEXT, Context.TRUST) if c is not Context.CODE)
_REDIS = (
    "redis.{Redis,StrictRedis,from_url,Redis.from_url,StrictRedis.from_url,asyncio.Redis,asyncio.from_url}()"
)

SOCKETS = Library(
    name="raw_sockets",
    language="python",
    packages=("socket", "socketserver", "asyncio"),
    types={
        "Listening": ("socket.socket()", "socket.create_server()"),
        "Accepted": ("Listening.accept()[]",),
        "Handler": (
            "socketserver.{BaseRequestHandler,StreamRequestHandler,DatagramRequestHandler}",
            "SocketServer.{BaseRequestHandler,StreamRequestHandler,DatagramRequestHandler}",
        ),
        "OnClient": ("asyncio.{start_server,start_unix_server}(0|client_connected_cb)",),
        "Client": ("OnClient<0>",),
    },
    concepts=(
        RequestInput("Accepted.{recv,recvfrom}()", channel="connection"),
        RequestInput("Listening.recvfrom()", channel="connection"),
        RequestInput(f"Accepted.makefile().{_READS}()", channel="connection"),
        RequestInput("Accepted.makefile()[]", channel="connection"),
        RequestInput("Handler().request.{recv,recvfrom}()", channel="connection"),
        RequestInput("Handler().request[]", channel="connection"),
        RequestInput(f"Handler().rfile.{_READS}()", channel="connection"),
        RequestInput("Handler().rfile[]", channel="connection"),
        RequestInput(f"Client.{_READS}()", channel="connection"),
        RequestInput("Client[]", channel="connection"),
        # What the other end of a connection of our own making answers.
        RequestInput("Listening.recv()", channel="message"),
        RequestInput("socket.create_connection().recv()", channel="message"),
        RequestInput(
            "asyncio.open_connection()[].{read,readline,readexactly,readuntil}()", channel="message"
        ),
    ),
)

QUEUES = Library(
    name="brokers",
    language="python",
    packages=(
        *("kafka", "confluent_kafka", "aiokafka", "pika", "aio_pika", "kombu", "redis", "zmq", "paho"),
        *("boto3", "nats", "google.cloud.pubsub_v1"),
    ),
    types={
        "KafkaMessage": (
            "kafka.KafkaConsumer()[]",
            "kafka.KafkaConsumer().poll().values()[][]",
            "aiokafka.AIOKafkaConsumer()[]",
            "aiokafka.AIOKafkaConsumer().getone()",
        ),
        "ConfluentMessage": (
            "confluent_kafka.{Consumer,DeserializingConsumer}().poll()",
            "confluent_kafka.Consumer().consume()[]",
        ),
        "PikaChannel": ("pika.{BlockingConnection,SelectConnection}().channel()",),
        "AmqpQueue": ("aio_pika.{connect,connect_robust}().channel().{declare_queue,get_queue}()",),
        "OnAmqp": ("AmqpQueue.consume(0|callback)",),
        "AmqpMessage": (
            "OnAmqp<0>",
            "AmqpQueue.iterator()[]",
            "AmqpQueue.get()",
            "aio_pika.{IncomingMessage,abc.AbstractIncomingMessage}()",
        ),
        "Redis": (_REDIS,),
        "Subscription": ("Redis.pubsub()",),
        "Zmq": ("zmq.{Context,Context.instance,asyncio.Context}().socket()",),
        "Mqtt": ("paho.mqtt.client.Client()",),
        "Sqs": ("boto3.client()", "boto3.session.Session().client()", "boto3.Session().client()"),
        "SqsQueue": ("boto3.resource().{Queue,get_queue_by_name}()",),
        "OnPika": ("PikaChannel.basic_consume(1|on_message_callback)",),
        "OnNats": ("nats.connect().subscribe(cb)",),
        "OnMqtt": ("Mqtt.on_message(@=)",),
        "OnPubSub": ("google.cloud.pubsub_v1.SubscriberClient().subscribe(1|callback)",),
    },
    concepts=(
        RequestInput("KafkaMessage.{value,key,headers}", channel="message"),
        RequestInput("ConfluentMessage.{value,key,headers}()", channel="message"),
        RequestInput("OnPika<3>", channel="message"),
        RequestInput("PikaChannel.basic_get()[]", channel="message"),
        RequestInput("PikaChannel.consume()[][]", channel="message"),
        RequestInput("AmqpMessage.body", channel="message"),
        RequestInput("kombu.Connection().SimpleQueue().get().{payload,body}", channel="message"),
        RequestInput("{Subscription.listen()[],Subscription.get_message()}", channel="message"),
        RequestInput("Redis.{blpop,brpop,lpop,rpop,blmove,lmove,xread,xreadgroup}()", channel="message"),
        # What is kept under a key is mostly the program's own; as an object that chooses its type it is more.
        RequestInput("Redis.{get,hget,getset,getdel,lindex}()", channel="message", safe=_NO_OBJECT),
        RequestInput("Zmq.{recv,recv_string,recv_json,recv_multipart}()", channel="message"),
        RequestInput("OnMqtt<2>.payload", channel="message"),
        RequestInput("paho.mqtt.client.MQTTMessage().payload", channel="message"),
        RequestInput("Sqs.receive_message()", channel="message"),
        RequestInput("SqsQueue.receive_messages()[].body", channel="message"),
        RequestInput("OnNats<0>.data", channel="message"),
        RequestInput("OnPubSub<0>.data", channel="message"),
    ),
)

BROKERS = (SOCKETS, QUEUES)
