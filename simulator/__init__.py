"""A solar home that obeys physics, served through the vendors' own APIs.

`simulator.house` is the home itself, pure and seeded; `simulator.iq_gateway`
serves it as an IQ Gateway does, `simulator.enphase_account` signs people in,
`simulator.enphase_cloud` and `simulator.tesla_cloud` serve it as the vendors'
clouds do, and `simulator.recorded` serves recordings of real gateways::

    clock = ManualClock(1_781_956_800)
    preset = PRESETS["home"]()
    house = House(preset.house, start=clock.now() - 86_400)
    record(house, clock.now())
    async with GatewayServer(house, preset.gateway, clock=clock) as gateway:
        client = Client(gateway.host, token=gateway.token())
        gateway.faults.add(HttpStatus(503), "/ivp/meters/readings", count=2)
        clock.advance(300)
"""
