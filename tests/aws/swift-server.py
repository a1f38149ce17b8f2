"""tests/aws/swift-server.py DIR -- OpenStack Swift with its S3 interface, in one process.

Swift is four servers and three rings; here they share an event loop, with one
device and one replica in DIR.  Prints the port of the S3 interface when it is
ready.  It ends when DIR is gone.
"""
import os
import sys
import time

import eventlet
eventlet.monkey_patch()

from eventlet import wsgi
from swift.common import utils
from swift.common.ring import RingBuilder
from swift.common.storage_policy import reload_storage_policies
from swift.common.utils import NullLogger
from swift.common.wsgi import SwiftHttpProtocol, loadapp

BACKENDS = ("account", "container", "object")

SWIFT_CONF = """
[swift-hash]
swift_hash_path_suffix = tq
[storage-policy:0]
name = one
default = yes
"""

COMMON = """
[DEFAULT]
swift_dir = {dir}
devices = {dir}/devices
mount_check = false
log_level = CRITICAL
[pipeline:main]
pipeline = {pipeline}
"""

BACKEND = """
[app:main-app]
use = egg:swift#{kind}
"""

# The pipeline of Swift's own proxy-server.conf-sample, with s3api in front of
# tempauth, whose user is the access key.
PROXY = """
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
check_bucket_owner = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
""" + "".join(f"[filter:{name}]\nuse = egg:swift#{name}\n" for name in (
    "catch_errors", "gatekeeper", "healthcheck", "listing_formats", "bulk",
    "copy", "slo", "dlo", "versioned_writes"))
PIPELINE = ("catch_errors gatekeeper healthcheck listing_formats bulk s3api "
            "tempauth copy slo dlo versioned_writes proxy-server")


class NoCache:
    """Stands where Swift would have memcached: it may forget everything."""

    def __init__(self, app):
        self.app = app

    def __call__(self, env, start_response):
        env["swift.cache"] = self
        return self.app(env, start_response)

    def get(self, key, **_):
        return None

    def set(self, key, value, **_):
        pass

    def delete(self, key, **_):
        pass


def write(path, text):
    with open(path, "w") as f:
        f.write(text)
    return path


def make_ring(folder, kind, port):
    ring = RingBuilder(2, 1, 0)
    ring.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1, "device": "d",
                  "ip": "127.0.0.1", "port": port,
                  "replication_ip": "127.0.0.1", "replication_port": port})
    ring.rebalance()
    ring.get_ring().save(f"{folder}/{kind}.ring.gz")


def serve(sock, conf_file, wrap=lambda app: app):
    app = wrap(loadapp(conf_file, global_conf={"log_name": "swift"}))
    eventlet.spawn(wsgi.server, sock, app, NullLogger(),
                   protocol=SwiftHttpProtocol,
                   capitalize_response_headers=False)


def main(folder):
    os.environ["TZ"] = "UTC+0"      # as Swift's own run_server() does
    time.tzset()
    os.makedirs(f"{folder}/devices/d")
    write(f"{folder}/swift.conf", SWIFT_CONF)
    utils.set_swift_dir(folder)
    utils.validate_hash_conf()
    reload_storage_policies()
    socks = {kind: eventlet.listen(("127.0.0.1", 0)) for kind in BACKENDS}
    for kind, sock in socks.items():
        make_ring(folder, kind, sock.getsockname()[1])
    for kind, sock in socks.items():
        serve(sock, write(f"{folder}/{kind}.conf",
                          COMMON.format(dir=folder, pipeline="main-app") +
                          BACKEND.format(kind=kind)))
    front = eventlet.listen(("127.0.0.1", 0))
    serve(front, write(f"{folder}/proxy.conf", COMMON.format(
        dir=folder, pipeline=PIPELINE) + PROXY), NoCache)
    print(front.getsockname()[1], flush=True)
    while os.path.isdir(folder):
        eventlet.sleep(1)


main(os.path.abspath(sys.argv[1]))
