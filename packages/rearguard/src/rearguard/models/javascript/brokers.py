"""What arrives outside HTTP: sockets, message brokers, queues of jobs.

API references: https://nodejs.org/api/net.html, https://nodejs.org/api/dgram.html,
https://amqp-node.github.io/amqplib/channel_api.html, https://kafka.js.org/docs/consuming, https://docs.bullmq.io/,
https://github.com/OptimalBits/bull/blob/develop/REFERENCE.md, https://github.com/redis/node-redis,
https://github.com/redis/ioredis, https://github.com/mqttjs/MQTT.js, https://github.com/bbc/sqs-consumer,
https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/client/sqs/

Whoever connects to a server chooses what it receives. What a broker hands over was put there by some program,
which took it from elsewhere: `message` says so, and lowers confidence. A job is what this program put into
its own queue, so it is followed from there.
"""

from rearguard.models.concepts import ChannelJoin, RequestInput, StateRead, StateWrite
from rearguard.models.dsl import Library

__all__ = ["BROKERS"]

BROKERS = Library(
    name="brokers",
    language="javascript",
    packages=(
        *("net", "tls", "dgram", "amqplib", "kafkajs", "bull", "bullmq", "redis", "ioredis", "mqtt"),
        *("sqs-consumer", "@aws-sdk/client-sqs"),
    ),
    types={
        "Server": ("{net,tls}.{createServer,Server}()",),
        "OnConnection": (
            "{net,tls}.{createServer,Server}(-1)",
            "Server.on(1@connection)",
            "Server.on(1@secureConnection)",
        ),
        "Accepted": ("OnConnection<0>", "Accepted.{on,once,setEncoding}()"),
        "OnData": ("Accepted.{on,once}(1@data)", "dgram.createSocket().on(1@message)"),
        "Channel": (
            "{amqplib,amqplib/callback_api}.connect().{createChannel,createConfirmChannel}()",
            "OnChannel<1>",
        ),
        "OnAmqp": ("amqplib/callback_api.connect(-1)",),
        "OnChannel": ("OnAmqp<1>.{createChannel,createConfirmChannel}(-1)",),
        "OnDelivery": ("Channel.consume(1)",),
        "OnKafka": ("kafkajs.Kafka().consumer().run(0).eachMessage",),
        "OnBatch": ("kafkajs.Kafka().consumer().run(0).eachBatch",),
        "Queue": ("bull()", "bull.default()", "bullmq.Queue()"),
        "OnJob": ("Queue.process(-1)", "bullmq.Worker(1)"),
        "Job": ("OnJob<0>", "bull.Job()", "bullmq.Job()"),
        "Redis": (
            "redis.createClient()",
            "ioredis()",
            "ioredis.{Redis,default,Cluster}()",
            "Redis.{duplicate,connect}()",
        ),
        "OnSubscribed": ("Redis.{subscribe,pSubscribe}(1)",),
        "OnPublished": ("Redis.on(1@message)", "Mqtt.on(1@message)"),
        "OnSqs": ("sqs-consumer.Consumer.create(0).handleMessage",),
        "Mqtt": ("mqtt.{connect,connectAsync}()",),
    },
    concepts=(
        RequestInput("OnData<0>", channel="connection"),
        RequestInput("Accepted[]", channel="connection"),
        RequestInput("OnDelivery<0>.content", channel="message"),
        RequestInput("Channel.get().content", channel="message"),
        RequestInput("OnKafka<0>.message.{value,key,headers}", channel="message"),
        RequestInput("OnBatch<0>.batch.messages[].{value,key,headers}", channel="message"),
        StateWrite("Queue.add(0:)", store="jobs"),
        StateRead("Job.data", store="jobs"),
        ChannelJoin("Redis.{subscribe,pSubscribe,psubscribe}(0)"),
        RequestInput("OnSubscribed<0>", channel="message"),
        RequestInput("OnPublished<1>", channel="message"),
        RequestInput("Redis.{blpop,brpop,blPop,brPop,lpop,rpop,lPop,rPop}()", channel="message"),
        RequestInput("OnSqs<0>.Body", channel="message"),
        RequestInput("@aws-sdk/client-sqs.SQSClient().send().Messages", channel="message"),
    ),
)
