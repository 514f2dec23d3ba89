"""Payloads about the gateway itself: /info and /home."""

from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring
from zoneinfo import ZoneInfo

from .reply import Json, Reply
from .state import GatewayState

_BUILD_TIME = 1776656808
_PACKAGES = {
    "agf": ("500-00012-r01", "02.02.00", "31d2e7"),
    "app": ("500-00002-r01", "", "d123b2"),
    "backbone": ("500-00010-r01", "07.00.20", "176d57"),
    "boot": ("590-00019-r01", "02.00.01", "2569cb"),
    "devimg": ("500-00004-r01", "01.02.550", "66b5c8"),
    "essimg": ("500-00020-r01", "31.43.13", "b60ff5"),
    "geo": ("500-00008-r01", "02.01.24", "a74d96"),
    "kernel": ("500-00011-r02", "04.04.225", "08bedf"),
    "meter": ("500-00013-r01", "03.02.08", "91ea9b"),
    "rootfs": ("500-00001-r01", "02.00.00", "1211"),
    "security": ("500-00016-r01", "02.00.00", "54a6dc"),
}


def info(state: GatewayState) -> Reply:
    """Return /info, the one page for everybody."""
    root = Element("envoy_info")
    _text(root, "time", int(state.now))
    device = SubElement(root, "device")
    fields = {
        "sn": state.config.serial,
        "pn": state.config.part_number,
        "software": state.firmware,
        "euaid": "4c8675",
        "seqnum": 0,
        "apiver": 1,
        "imeter": str(state.config.metered).lower(),
    }
    for name, value in fields.items():
        _text(device, name, value)
    _text(root, "web-tokens", "true")
    major, minor, patch = (*state.version, 0, 0, 0)[:3]
    for name, (number, version, build) in _PACKAGES.items():
        package = SubElement(root, "package", name=name)
        _text(package, "pn", number)
        _text(package, "version", version or f"{major:02d}.{minor:02d}.{patch}")
        _text(package, "build", build)
    about = SubElement(root, "build_info")
    _text(about, "build_id", "simulated-master-enable-prod:pkg-Apr-20-26-03:39:48")
    _text(about, "build_time_gmt", _BUILD_TIME)
    _text(about, "release_stage", "700-GA")
    _text(about, "release_ver", "02.00.1514")
    indent(root, space="\t")
    text = '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")
    return Reply(text=text + "\n", content_type="text/xml")


def _text(parent: Element, name: str, value: object) -> None:
    SubElement(parent, name).text = str(value)


def home(state: GatewayState) -> Json:
    """Return /home: network, clock and communication levels (0..5)."""
    zone = state.house.config.place.timezone
    local = datetime.fromtimestamp(state.now, UTC).astimezone(ZoneInfo(zone))
    talking = sum(
        state.house.time - each.end < state.config.rollup_interval for each in state.recorder.reports.values()
    )
    page: dict[str, Any] = {
        "software_build_epoch": _BUILD_TIME,
        "timezone": zone,
        "current_date": local.strftime("%m/%d/%Y"),
        "current_time": local.strftime("%H:%M"),
        "network": _network(state),
        "tariff": "time_of_use",
        "comm": {
            "num": talking + state.ac_batteries,
            "level": 5,
            "pcu": {"num": talking, "level": 5 if talking else 0},
            "acb": {"num": state.ac_batteries, "level": 4 if state.ac_batteries else 0},
            "nsrb": {
                "num": int(state.config.q_relay),
                "level": 5 * state.config.q_relay,
            },
            "esub": {"num": 0, "level": 0},
            "encharge": [{"num": state.encharges, "level": 0, "level_24g": 0, "level_subg": 0}],
        },
        "wireless_connection": [
            {
                "signal_strength": 0,
                "signal_strength_max": 0,
                "type": "BLE",
                "connected": True,
            }
        ],
    }
    return page


def _network(state: GatewayState) -> Json:
    digits = state.config.serial[-6:]
    tail = f"{digits[:2]}:{digits[2:4]}:{digits[4:]}"
    reported = state.house.time - state.house.time % state.config.rollup_interval
    return {
        "web_comm": True,
        "ever_reported_to_enlighten": True,
        "last_enlighten_report_time": state.stamp(reported),
        "primary_interface": "eth0",
        "interfaces": [
            {
                "type": "ethernet",
                "interface": "eth0",
                "mac": f"00:1D:C0:{tail}",
                "dhcp": True,
                "ip": "192.0.2.10",
                "signal_strength": 1,
                "signal_strength_max": 1,
                "carrier": True,
            },
            {
                "signal_strength": 0,
                "signal_strength_max": 0,
                "type": "wifi",
                "interface": "wlan0",
                "mac": f"02:1D:C0:{tail}",
                "dhcp": True,
                "ip": None,
                "carrier": False,
                "supported": True,
                "present": True,
                "configured": False,
                "status": "connecting",
            },
        ],
    }
