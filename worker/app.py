"""The Celery application and the one message it carries: look for queued batches."""

from ssl import CERT_REQUIRED

from celery import Celery
from kombu.entity import Queue

from worker.settings import Settings

QUEUES = ("cpu", "gpu")
WAKE = "groklab.wake"
_SEND_SECONDS = 2.0
_MOST_WAITING = 256


def make_app(settings: Settings) -> Celery:
    """The application for the broker that the settings name; neither connects nor imports tasks."""
    app = Celery("groklab", set_as_current=False)
    app.conf.update(
        broker_url=settings.broker_url,
        broker_heartbeat=0,
        broker_connection_timeout=_SEND_SECONDS,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # The anonymous exchange leads straight to the queue of that name.
        task_queues=[Queue(name, routing_key=name) for name in QUEUES],  # type: ignore[no-untyped-call]
        task_default_queue=QUEUES[0],
        task_create_missing_queues=False,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=False,
        task_publish_retry=False,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        # A child says that it is up only after it imported torch.
        worker_proc_alive_timeout=600,
        # What runs when the broker is lost goes on; it talks to the database alone.
        worker_cancel_long_running_tasks_on_connection_loss=False,
    )
    if settings.broker_url.startswith("filesystem"):
        app.conf.update(
            broker_url="filesystem://localhost",
            broker_transport="worker.spool:Transport",
            broker_transport_options={"folder": str(settings.broker_folder), "polling_interval": 0.1},
        )
    else:
        if settings.broker_url.startswith("rediss") and "ssl_" not in settings.broker_url:
            app.conf.broker_use_ssl = {"ssl_cert_reqs": CERT_REQUIRED}
        app.conf.update(
            broker_transport="worker.redis_transport:Transport",
            broker_transport_options={
                "global_keyprefix": settings.broker_prefix,
                "socket_connect_timeout": _SEND_SECONDS,
                "socket_timeout": _SEND_SECONDS,
                # Whoever sends hears of a broker that is away at once; whoever receives tries for ever.
                "max_retries": 0,
            },
        )
    return app


def send_wake(app: Celery, queue: str, count: int = 1) -> None:
    """Sends `count` messages that each wake one idle worker of the queue; raises when the broker is away.

    Sends fewer, or none, when so many wait already that every worker will come by.
    """
    if queue not in QUEUES:
        raise ValueError(f"queue must be one of {', '.join(QUEUES)}. Got {queue!r} instead.")
    with app.producer_pool.acquire(block=True, timeout=_SEND_SECONDS) as producer:
        waiting: int = producer.channel.queue_declare(queue=queue).message_count
        for _ in range(min(count, _MOST_WAITING - waiting)):
            # Without an end of validity: a worker whose clock is ahead would throw every message away.
            app.send_task(WAKE, queue=queue, producer=producer, retry=False)
