"""Answers of the old API as Enphase documents them, where v4 has no such thing."""

META = {
    "status": "normal",
    "last_report_at": 1445619615,
    "last_energy_at": 1445619033,
    "operational_at": 1357023600,
}

V2_SYSTEMS = {
    "systems": [
        {
            "system_id": 67,
            "system_name": "Sample Residence 1",
            "system_public_name": "Sample",
            "status": "normal",
            "timezone": "America/Los_Angeles",
            "country": "US",
            "state": "CA",
            "city": "Sebastopol",
            "postal_code": "95472",
            "connection_type": "ethernet",
            "meta": META,
        }
    ],
    "next": "4e7a453d0a",
}

ENVOYS = {
    "system_id": 67,
    "envoys": [
        {
            "envoy_id": 512,
            "last_report_at": 1308008107,
            "name": "Envoy 010731000003",
            "part_number": "800-00002-r00",
            "serial_number": "010731000003",
            "status": "normal",
        },
        {"envoy_id": 841, "last_report_at": None, "name": "Envoy", "serial_number": "010814000001", "status": "comm"},
    ],
}

INVENTORY = {
    "system_id": 67,
    "envoys": [{"sn": "1218347675", "model": "Envoy-S", "sku": "ENV-S"}],
    "inverters": [{"sn": "123456789123", "model": "M215"}, {"model": "M215"}],
    "meters": [{"sn": "999111222333", "manufacturer": "GE", "model": "I-210+", "status": "normal", "state": "enabled"}],
    "meta": META,
}

MONTH = {
    "system_id": 67,
    "start_date": "2011-07-01",
    "end_date": "2011-07-31",
    "production_wh": 208435,
    "meter_readings": [{"serial_number": "123123123123", "start": 196077, "end": 404512}],
    "meta": META,
}
