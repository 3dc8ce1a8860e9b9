"""A hub and the sandbox's OpenID provider, both on real HTTP, for tests of signing in. May import the sandbox and the tests' own."""

import asyncio
import re
from contextlib import asynccontextmanager, closing
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import uvicorn

from hub.http_api import api_of
from hub.listening import bound
from hub.sandbox.children import free_port
from hub.sandbox.openid import serve
from hub.settings import OpenIdSettings
from hub.sign_in.sign_in import SignIn

PREFIX = "HUB_OPENID__"


@asynccontextmanager
async def listening(app, port=0):
    """An application on real HTTP; its address."""
    with closing(bound("127.0.0.1", port)[0]) as listener:
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await task


def openid_settings(provider, **more):
    """As the sandbox tells the hub of its provider."""
    given = {name.removeprefix(PREFIX).lower(): value for name, value in serve.settings(provider).items()}
    return OpenIdSettings(**(given | more))


class SignInPlace:
    """A hub that somebody signs in to by the provider."""

    def __init__(self, hub, provider, url):
        self.hub, self.provider, self.url = hub, provider, url
        self.redirect_uri = provider.client.redirect_uris[0]
        self.client = httpx.AsyncClient(base_url=f"{url}/ops", timeout=10, trust_env=False)
        self.browser = httpx.AsyncClient(timeout=10, trust_env=False)

    async def say(self, path, body=None, status=200, token=None):
        found = await self.client.post(path, json=body, headers=bearer(token))
        assert found.status_code == status, found.text
        return found.json() if found.content else None

    async def ask(self, path, status=200, token=None, **query):
        found = await self.client.get(path, params=query, headers=bearer(token))
        assert found.status_code == status, found.text
        return found.json()

    async def begin(self, **more):
        return await self.say("/sign-in", {"redirect_uri": self.redirect_uri, "next": "/console/", **more})

    async def at_provider(self, begun, person):
        """Choose who one is on the provider's page; what the browser comes back with."""
        page = await self.browser.get(begun["authorization_url"])
        assert page.status_code == 200, page.text
        form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        form = {name: unescape(value) for name, value in form.items()}
        sent = await self.browser.post(f"{self.provider.issuer}/authorize", data={**form, "person": person})
        assert sent.status_code == 303, sent.text
        back = urlsplit(sent.headers["location"])
        assert f"{back.scheme}://{back.netloc}{back.path}" == self.redirect_uri
        return {name: values[0] for name, values in parse_qs(back.query).items()}

    async def sign_in(self, person, status=200):
        begun = await self.begin()
        back = await self.at_provider(begun, person)
        assert back["state"] == begun["state"]
        return await self.say(
            "/sessions", {"state": back["state"], "proof": begun["proof"], "code": back["code"]}, status
        )

    async def close(self):
        await self.client.aclose()
        await self.browser.aclose()


def bearer(token):
    return {} if token is None else {"authorization": f"Bearer {token}"}


def provider_beside(hub_port):
    """The provider of a sandbox whose hub has this port, on a free port."""
    return serve.of_sandbox(free_port(), hub_port)


@asynccontextmanager
async def sign_in_place(hub, provider=None, before=lambda app: app, **settings):
    """A hub's HTTP side with the provider beside it. ``before``: what stands between the network and the hub."""
    port = free_port()
    provider = provider or provider_beside(port)
    await hub.sign_in.close()
    hub.sign_in = SignIn(hub.store, openid_settings(provider, **settings), production=False)
    async with (
        listening(serve.app(provider), urlsplit(provider.issuer).port),
        listening(before(api_of(hub)), port) as url,
    ):
        place = SignInPlace(hub, provider, url)
        yield place
        await place.close()
    await hub.sign_in.close()
