"""TO_CHAR and TO_NUMBER: numbers as text, with and without a format model."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from oracle_standin.engine.errors import not_done_here, ora

EXACT = Context(prec=400, rounding=ROUND_HALF_UP)
WIDEST = 40
TM_WIDTH = 64
TINY = -10

SEPARATORS = ".,"
"""Decimal mark and group mark where nothing else is set."""


def plain(value: Decimal, *, marks: str = SEPARATORS) -> str:
    """Write a number as Oracle does without a model: in at most forty characters."""
    if not value:
        return "0"
    text = _fixed(value)
    whole = text.partition(".")[0]
    if len(text) > WIDEST:
        if len(whole) > WIDEST or value.adjusted() <= TINY:
            return _scientific_within(value).replace(".", marks[0])
        places = max(WIDEST - len(whole) - 1, 0)
        text = _fixed(value.quantize(Decimal(1).scaleb(-places), context=EXACT))
    return text.replace(".", marks[0])


def _scientific_within(value: Decimal) -> str:
    """Write in E notation with as many digits as forty characters hold."""
    exponent = len(f"E+{abs(value.adjusted()):02d}")
    sign = int(value < 0)
    return _scientific(value, digits=WIDEST - sign - len("1.") - exponent)


def text_minimum(value: Decimal, *, scientific: bool = False, marks: str = SEPARATORS) -> str:
    """Write a number by the model TM9, or TME where `scientific`."""
    text = "0" if not value else _fixed(value)
    if scientific or len(text) > TM_WIDTH:
        text = _scientific(value, digits=None)
    return text.replace(".", marks[0])


def _fixed(value: Decimal) -> str:
    """Write every digit, without a zero before the point."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    sign = "-" if text.startswith("-") else ""
    text = text.lstrip("-")
    return sign + (text[1:] if text.startswith("0.") else text)


def _scientific(value: Decimal, *, digits: int | None) -> str:
    exponent = value.adjusted() if value else 0
    mantissa = value.scaleb(-exponent, context=EXACT)
    text = f"{mantissa.normalize(EXACT):f}"
    if digits is not None:
        text = f"{mantissa.quantize(Decimal(1).scaleb(-digits), context=EXACT):f}"
    return f"{text}E{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def float_text(value: float, *, single: bool, marks: str = SEPARATORS) -> str:
    """Write a BINARY_FLOAT or BINARY_DOUBLE: nine or seventeen digits, in E notation."""
    if value != value:  # noqa: PLR0124 -- NaN alone differs from itself
        return "Nan"
    if value in {float("inf"), float("-inf")}:
        return "Inf" if value > 0 else "-Inf"
    if value == 0:
        return "0"
    digits = 9 if single else 17
    exact = Decimal(f"{value:.{digits - 1}e}")
    exponent = exact.adjusted()
    mantissa = f"{exact.scaleb(-exponent):f}"
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    whole, _, fraction = mantissa.partition(".")
    return f"{whole}{marks[0]}{fraction or '0'}E{'-' if exponent < 0 else '+'}{abs(exponent):03d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberModel:
    """A number format model, taken apart."""

    whole: str
    """The digits (9 and 0) and group marks before the decimal mark."""
    fraction: str
    sign: str
    """"" for a minus before the number, or MI, PR, S (leading), -S (trailing)."""
    money: str = ""
    fill: bool = True
    exponent: bool = False
    hexadecimal: bool = False
    blank_zero: bool = False


PARTS = re.compile(
    r"(?P<FM>FM)?(?P<S>S)?(?P<B>B)?(?P<money>[$LUC])?(?P<whole>[09,G]*)(?P<rest>(?:[.D][09]*)?)"
    r"(?P<E>EEEE)?(?P<end>MI|PR|S)?(?P<after>[$LUC])?",
    re.IGNORECASE,
)
NOT_DONE = re.compile(r"(FM)?(RN|S?[09,]*V[09]*(MI|PR|S)?)", re.IGNORECASE)
"""Roman numerals, and V that multiplies by powers of ten."""
HEXADECIMAL = re.compile(r"(FM)?(0*X+)", re.IGNORECASE)


@functools.lru_cache(maxsize=256)
def number_model(model: str) -> NumberModel:
    """Take a model apart; ORA-01481 where it is none."""
    if found := HEXADECIMAL.fullmatch(model):
        return NumberModel(
            whole=found[2].upper(), fraction="", sign="", fill=not found[1], hexadecimal=True
        )
    if NOT_DONE.fullmatch(model):
        raise not_done_here(f"the number model {model}")
    parts = PARTS.fullmatch(model)
    if parts is None or not (parts["whole"] or parts["rest"]):
        raise ora(1481)
    sign = "S" if parts["S"] else ""
    if parts["end"]:
        sign = {"S": "-S"}.get(parts["end"].upper(), parts["end"].upper())
    return NumberModel(
        whole=parts["whole"].upper().replace("G", ","),
        fraction=parts["rest"][1:],
        sign=sign,
        money=_money(parts),
        fill=not parts["FM"],
        exponent=bool(parts["E"]),
        blank_zero=bool(parts["B"]),
    )


def _money(parts: re.Match[str]) -> str:
    """Return the sign of money; L pads its field to a width of its own, which FM takes away."""
    written = (parts["money"] or parts["after"] or "").upper()
    if written in {"U", "C"} or (written == "L" and not parts["FM"]):
        raise not_done_here(f"the currency element {written} of a number model")
    return "$" if written else ""


def formatted(value: Decimal, model: str, *, marks: str = SEPARATORS) -> str:
    """Write a number by a model; hash signs where it does not fit."""
    upper = model.upper()
    if upper in {"TM", "TM9", "TME"}:
        return text_minimum(value, scientific=upper == "TME", marks=marks)
    parts = number_model(model)
    if parts.hexadecimal:
        return _hexadecimal(value, parts, lower=model.islower() or "x" in model)
    if parts.exponent:
        return _exponential(value, parts, marks)
    return _by_model(value, parts, marks)


def _hexadecimal(value: Decimal, parts: NumberModel, *, lower: bool) -> str:
    width = len(parts.whole)
    text = f"{int(value.to_integral_value(ROUND_HALF_UP)):X}"
    if value < 0 or len(text) > width:
        return "#" * (width + 1)
    if parts.whole.startswith("0"):
        text = text.rjust(width, "0")
    text = text.lower() if lower else text
    return text.rjust(width + 1) if parts.fill else text


def _exponential(value: Decimal, parts: NumberModel, marks: str) -> str:
    text = _scientific(value, digits=len(parts.fraction)).replace(".", marks[0])
    text = text if text.startswith("-") or not parts.fill else " " + text
    return text.rjust(len(parts.whole) + len(parts.fraction) + 7) if parts.fill else text


def _by_model(value: Decimal, parts: NumberModel, marks: str) -> str:
    places = len(parts.fraction)
    rounded = value.quantize(Decimal(1).scaleb(-places), context=EXACT)
    whole, _, fraction = f"{rounded.copy_abs():f}".partition(".")
    slots = parts.whole.replace(",", "")
    whole = "" if whole == "0" else whole
    if len(whole) > len(slots):
        return "#" * (_width(parts) + 1)
    forced = len(slots) - slots.find("0") if "0" in slots else 0
    whole = whole.rjust(forced, "0")
    if not whole and not places:
        whole = "0"
    body = _grouped(whole, parts.whole, marks)
    if places:
        kept = fraction if parts.fill else _trimmed(fraction, parts.fraction)
        body += marks[0] + kept if kept or not parts.fill else ""
    body = parts.money + body
    if parts.blank_zero and not rounded:
        body = ""
    return _signed(body, parts, negative=value < 0)


def _trimmed(fraction: str, slots: str) -> str:
    """Drop trailing zeros that the model did not ask for."""
    keep = slots.rfind("0") + 1
    return fraction[:keep] + fraction[keep:].rstrip("0")


def _grouped(digits: str, slots: str, marks: str) -> str:
    written: list[str] = []
    left = list(digits)
    for slot in reversed(slots):
        if not left:
            break
        written.append(marks[1] if slot == "," else left.pop())
    return "".join(reversed(written))


def _width(parts: NumberModel) -> int:
    fraction = len(parts.fraction) + 1 if parts.fraction else 0
    return len(parts.whole) + fraction + len(parts.money)


def _signed(body: str, parts: NumberModel, *, negative: bool) -> str:
    width = _width(parts)
    pad = body.rjust(width) if parts.fill else body
    if parts.sign == "MI":
        return pad + ("-" if negative else " " if parts.fill else "")
    if parts.sign == "-S":
        return pad + ("-" if negative else "+")
    if parts.sign == "PR":
        text = f"<{body}>" if negative else f" {body} " if parts.fill else body
        return text.rjust(width + 2) if parts.fill else text
    before = "-" if negative else "+" if parts.sign == "S" else ""
    return (before + body).rjust(width + 1) if parts.fill else before + body


TRUE_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def to_number(text: str, *, marks: str = SEPARATORS) -> Decimal:
    """Read a number without a model; ORA-01722 where the text is none."""
    stripped = text.strip(" ").replace(marks[0], ".") if marks[0] != "." else text.strip(" ")
    if not TRUE_NUMBER.fullmatch(stripped):
        raise ora(1722)
    return Decimal(stripped)


def by_model(text: str, model: str, *, marks: str = SEPARATORS) -> Decimal:
    """Read a number by a model; ORA-01722 where the text does not follow it."""
    if model.upper() in {"TM", "TM9", "TME"}:
        raise ora(1481)
    parts = number_model(model)
    body = text.strip()
    if parts.hexadecimal:
        return _from_hexadecimal(body)
    body, negative = _unsigned(body, parts)
    body = body.replace(marks[1], "").replace("$", "").replace(marks[0], ".")
    try:
        value = Decimal(body)
    except InvalidOperation:
        raise ora(1722) from None
    whole, _, fraction = body.partition(".")
    if len(whole.lstrip("0")) > len(parts.whole.replace(",", "")) or len(fraction) > len(
        parts.fraction
    ):
        raise ora(1722)
    return -value if negative else value


def _from_hexadecimal(body: str) -> Decimal:
    try:
        return Decimal(int(body, 16))
    except ValueError:
        raise ora(1722) from None


def _unsigned(body: str, parts: NumberModel) -> tuple[str, bool]:
    if parts.sign == "PR" and body.startswith("<") and body.endswith(">"):
        return body[1:-1], True
    if parts.sign in {"MI", "-S"} and body.endswith(("-", "+")):
        return body[:-1], body.endswith("-")
    if body.startswith(("-", "+")):
        return body[1:], body.startswith("-")
    return body, False
