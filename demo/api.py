"""Home Assistant from outside: its REST and websocket API, as its owner."""

from collections.abc import Mapping
from typing import Any, cast

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse

USER = "demo"
PASSWORD = "demo"  # noqa: S105 - it guards a simulated home on loopback, and is printed for everybody.


class HomeAssistantError(Exception):
    """Home Assistant refused something; the message says what and why."""


class HomeAssistant:
    """A Home Assistant at `url`, once `become_owner` or `log_in` has been called."""

    def __init__(self, session: ClientSession, url: str) -> None:
        """Talk to `url` through `session`."""
        self.url = url
        self._session = session
        self._token = ""
        self._socket: ClientWebSocketResponse | None = None
        self._number = 0

    async def answers(self) -> bool:
        """Tell whether the API is there."""
        try:
            async with self._session.get(f"{self.url}/api/onboarding") as response:
                return response.status == 200
        except ClientError, TimeoutError:
            return False

    async def become_owner(self) -> None:
        """Create the first user, as the first page of the onboarding does, and connect as that user."""
        person = {"name": "Demo", "username": USER, "password": PASSWORD, "language": "en"}
        client = {"client_id": f"{self.url}/"}
        answer = await self._request("POST", "/api/onboarding/users", json=person | client)
        await self._connect(answer["auth_code"])

    async def log_in(self) -> dict[str, Any]:
        """Log in and connect as the user that `become_owner` made; return what a browser would remember."""
        client = {"client_id": f"{self.url}/"}
        handler = {"handler": ["homeassistant", None], "redirect_uri": f"{self.url}/"}
        flow = await self._request("POST", "/auth/login_flow", json=client | handler)
        answers = client | {"username": USER, "password": PASSWORD}
        answer = await self._request("POST", f"/auth/login_flow/{flow['flow_id']}", json=answers)
        return await self._connect(answer["result"])

    async def close(self) -> None:
        """Disconnect."""
        if self._socket is not None:
            await self._socket.close()

    async def command(self, kind: str, **arguments: Any) -> Any:
        """Send a websocket command and return its result."""
        socket = self._connected
        self._number += 1
        await socket.send_json({"id": self._number, "type": kind, **arguments})
        answer = await socket.receive_json()
        while answer.get("id") != self._number or answer["type"] != "result":
            answer = await socket.receive_json()
        if not answer["success"]:
            raise HomeAssistantError(f"{kind}: {answer['error']['message']}")
        return answer["result"]

    async def start_flow(self, domain: str) -> dict[str, Any]:
        """Begin a config flow and return its first step."""
        return await self._flow("", {"handler": domain, "show_advanced_options": False})

    async def step(self, flow_id: str, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a step of a config flow and return the next one."""
        return await self._flow(f"/{flow_id}", answers)

    async def start_options(self, entry_id: str) -> dict[str, Any]:
        """Open the options of a config entry and return the first step."""
        return await self._flow("", {"handler": entry_id}, flows="options/flow")

    async def step_options(self, flow_id: str, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a step of an options flow and return the next one."""
        return await self._flow(f"/{flow_id}", answers, flows="options/flow")

    async def fix(self, issue_id: str, domain: str) -> None:
        """Submit a repair that only has to be confirmed."""
        flow = await self._request("POST", "/api/repairs/issues/fix", json={"handler": domain, "issue_id": issue_id})
        await self._request("POST", f"/api/repairs/issues/fix/{flow['flow_id']}", json={})

    async def get(self, path: str, **query: str) -> Any:
        """Return what the REST API has at a path."""
        return await self._request("GET", f"/api/{path}", params=query)

    async def _flow(self, path: str, body: Mapping[str, Any], *, flows: str = "flow") -> dict[str, Any]:
        answer = await self._request("POST", f"/api/config/config_entries/{flows}{path}", json=body)
        return cast(dict[str, Any], answer)

    @property
    def _connected(self) -> ClientWebSocketResponse:
        if self._socket is None:
            raise RuntimeError("Not connected")
        return self._socket

    async def _connect(self, code: str) -> dict[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "client_id": f"{self.url}/"}
        tokens = cast(dict[str, Any], await self._request("POST", "/auth/token", data=form))
        self._token = str(tokens["access_token"])
        self._socket = await self._session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0)
        await self._socket.receive_json()
        await self._socket.send_json({"type": "auth", "access_token": self._token})
        answer = await self._socket.receive_json()
        if answer["type"] != "auth_ok":
            raise HomeAssistantError(f"The websocket refuses the token: {answer}")
        return tokens

    async def _request(self, method: str, path: str, **arguments: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        async with self._session.request(method, self.url + path, headers=headers, **arguments) as response:
            if not response.ok:
                raise HomeAssistantError(f"{path} answered {response.status}: {await response.text()}")
            return await response.json()
