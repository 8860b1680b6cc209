import json
import logging
from urllib.parse import urlsplit

import requests

from odoo import api, models

from ..gateway_errors import GatewayDenied, GatewayRefused, GatewayUnreachable

_logger = logging.getLogger(__name__)

# Seconds to connect, and to wait for the answer.
TIMEOUT = (10, 30)
MAX_ANSWER_BYTES = 32 * 1024 * 1024
# Answers that say nothing about the change itself.
PASSING_STATUSES = frozenset({408, 425, 429})


class VworkspaceClient(models.AbstractModel):
    """Calls of the gateway by JSON-2. Each is sent once; whether it is sent again is the outbox's decision."""

    _name = "vworkspace.client"
    _description = "vworkspace: calls of the gateway"

    @api.model
    def _call(self, gateway, target, arguments, *, user=None, request_id=None):
        """Calls ``target``, a pair of model and method, and gives the answer.

        :param user: who caused it, which the gateway's audit keeps as this Odoo's word
        :param request_id: the same for each repeat of one change
        :raise GatewayError: in words for people
        """
        model, method = target
        context = {"database_uuid": gateway._database_uuid()}
        if user:
            context["on_behalf_of"] = {"odoo_uid": user.id, "login": user.sudo().login}
        if request_id:
            context["request_id"] = request_id
        response, body = self._post(
            f"{gateway._base_address()}/json/2/{model}/{method}",
            gateway._secret_key(),
            {**arguments, "context": context},
        )
        return self._answer(response, body)

    @api.model
    def _post(self, address, key, body):
        try:
            with requests.post(
                address,
                data=json.dumps(body, ensure_ascii=False).encode(),
                headers={
                    "Authorization": f"Bearer {key}",
                    "Content-Type": "application/json; charset=utf-8",
                    "X-Odoo-Database": "gateway",
                },
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as response:
                return response, self._read_limited(response)
        except requests.RequestException as error:
            # The text of such an error may hold the address with its query, never the key, which is in a header.
            host = urlsplit(address).netloc
            _logger.info("The gateway at %s can't be reached: %s", host, type(error).__name__)
            raise GatewayUnreachable(
                self.env._(
                    "The gateway at %(host)s can't be reached (%(kind)s): check the address, and whether it runs.",
                    host=host,
                    kind=type(error).__name__,
                )
            ) from error

    @api.model
    def _read_limited(self, response):
        body = bytearray()
        for part in response.iter_content(64 * 1024):
            body += part
            if len(body) > MAX_ANSWER_BYTES:
                raise GatewayUnreachable(self.env._("The gateway's answer is larger than 32 MiB: ask for less."))
        return bytes(body)

    @api.model
    def _answer(self, response, body):
        try:
            answer = json.loads(body)
        except ValueError as error:
            raise GatewayUnreachable(
                self.env._(
                    "The address answers with status %(status)s and no JSON: it isn't a gateway's, "
                    "or a proxy answered.",
                    status=response.status_code,
                )
            ) from error
        if response.status_code == 200:
            return answer
        raise self._failure(response, answer)

    @api.model
    def _failure(self, response, answer):
        status = response.status_code
        told = answer.get("message") if isinstance(answer, dict) else None
        message = str(told or self.env._("The gateway answers with status %(status)s.", status=status))[:2000]
        if status in PASSING_STATUSES or status >= 500:
            return GatewayUnreachable(message, retry_after=_seconds(response.headers.get("Retry-After")))
        if status in (401, 403):
            return GatewayDenied(message)
        if 400 <= status < 500:
            return GatewayRefused(message)
        return GatewayUnreachable(
            self.env._(
                "The address answers with status %(status)s, a redirection: enter the gateway's own address.",
                status=status,
            )
        )


def _seconds(text):
    return min(int(text), 3600) if text and text.isdigit() else 0
