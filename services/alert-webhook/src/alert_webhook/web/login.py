"""Log in and out: a plain form, because it must work before anything else does."""

import math
from typing import Final

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from alert_webhook.settings import credentials
from alert_webhook.web.access import is_guarded, is_right, safe_target
from alert_webhook.web.login_limit import LoginLimit
from alert_webhook.web.parts import parts
from alert_webhook.web.sessions import begin_session, end_session, person_of_session
from vigie_runtime import get_logger

MAX_NAME_LENGTH: Final = 64
MAX_PASSWORD_LENGTH: Final = 1024
MAX_TARGET_LENGTH: Final = 500

log = get_logger(__name__)
login = Blueprint(
    "login", __name__, template_folder="templates", static_folder="login_static", static_url_path="/login/static"
)


class LoginForm(FlaskForm):
    """Name and password, and where the person wanted to go."""

    name = StringField("Name", [InputRequired(), Length(max=MAX_NAME_LENGTH)])
    password = PasswordField("Password", [InputRequired(), Length(max=MAX_PASSWORD_LENGTH)])
    next = HiddenField(validators=[Length(max=MAX_TARGET_LENGTH)])


@login.route("/login", methods=["GET", "POST"])
def form() -> AnyResponse:
    """Show the form, or let the person in."""
    settings = parts().settings
    filled = LoginForm()
    target = safe_target((filled.next.data if request.method == "POST" else request.args.get("next")) or "/")
    if not is_guarded(settings):
        return redirect("/")
    if request.method == "POST":
        return _try(filled, target)
    if person_of_session(settings, parts().session_key, now_ms=parts().now_ms) is not None:
        return redirect(target)
    return _show(filled, target)


@login.post("/logout")
def logout() -> AnyResponse:
    """End the session."""
    end_session()
    return redirect("/login", 303)


def _try(filled: LoginForm, target: str) -> AnyResponse:
    if not filled.validate():
        is_stale = "csrf_token" in filled.errors
        problem = "This form was open for too long. Please try again." if is_stale else "Type your name and password."
        return _show(filled, target, problem, 400)
    settings, now_ms = parts().settings, parts().now_ms
    name, password = filled.name.data or "", filled.password.data or ""
    limit = LoginLimit(parts().database, parts().session_key)
    attempt, wait_seconds = limit.begin(name, request.remote_addr or "", now_ms=now_ms)
    if wait_seconds > 0:
        log.warning("log-in refused for too many attempts")
        answer = _show(filled, target, f"Too many attempts. Try again in {_minutes(wait_seconds)}.", 429)
        answer.headers["Retry-After"] = str(math.ceil(wait_seconds))
        return answer
    if not is_right(credentials(settings.users), name, password):
        # not even the name: people type passwords into the wrong field
        log.warning("log-in refused")
        return _show(filled, target, "Name or password is wrong.", 401)
    limit.succeed(attempt)
    begin_session(name, settings, parts().session_key, now_ms=now_ms)
    log.info("logged in", person=name)
    return redirect(target, 303)


def _show(filled: LoginForm, target: str, problem: str | None = None, status: int = 200) -> Response:
    if problem is None and not parts().settings.users:
        problem = "No log-in is set yet: set VIGIE_USERS=name:password and start Vigie again."
    filled.next.data = target
    return make_response(render_template("login.html", form=filled, problem=problem), status)


def _minutes(seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"
