"""What a phone can send without picking a file: three pictures, a sticker, a voice note, a contact card.

Drawn here, so that the repository holds no binary files.
"""

import struct
import zlib
from collections.abc import Callable
from functools import cache

from bot.simulator.recordings import STICKER, VOICE_NOTE
from bot.simulator.records import Kind, Media
from bot.simulator.sids import new_sid

Colour = tuple[int, int, int]
WIDTH, HEIGHT = 480, 360


class Canvas:
    def __init__(self, top: Colour, bottom: Colour) -> None:
        self._rows = [bytearray(bytes(_mix(top, bottom, y / HEIGHT)) * WIDTH) for y in range(HEIGHT)]

    def box(self, left: int, top: int, right: int, bottom: int, colour: Colour) -> None:
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def shape(self, points: list[tuple[int, int]], colour: Colour) -> None:
        """Fill a polygon, row by row."""
        edges = list(zip(points, points[1:] + points[:1], strict=True))
        for y in range(min(point[1] for point in points), max(point[1] for point in points)):
            crossings = sorted(
                round(x1 + (y - y1) * (x2 - x1) / (y2 - y1))
                for (x1, y1), (x2, y2) in edges
                if min(y1, y2) <= y < max(y1, y2)
            )
            for left, right in zip(crossings[::2], crossings[1::2], strict=False):
                self._rows[y][left * 3 : right * 3] = bytes(colour) * (right - left)

    def png(self) -> bytes:
        raw = b"".join(b"\0" + bytes(row) for row in self._rows)
        header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
        chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def draw_parcel() -> bytes:
    """A parcel with a torn corner."""
    canvas = Canvas((226, 232, 236), (196, 205, 212))
    canvas.shape([(60, 300), (430, 300), (450, 320), (80, 320)], (168, 178, 186))
    canvas.shape([(80, 130), (250, 170), (250, 312), (80, 268)], (190, 140, 90))
    canvas.shape([(250, 170), (410, 124), (410, 262), (250, 312)], (168, 120, 74))
    canvas.shape([(80, 130), (236, 92), (410, 124), (250, 170)], (212, 164, 112))
    canvas.shape([(152, 113), (182, 105), (352, 141), (322, 150)], (238, 216, 170))
    canvas.shape([(322, 150), (352, 141), (352, 180), (322, 190)], (224, 200, 150))
    canvas.shape([(80, 205), (104, 222), (96, 240), (128, 262), (120, 279), (80, 268)], (58, 44, 34))
    canvas.shape([(128, 262), (104, 222), (120, 232), (142, 268)], (232, 196, 150))
    canvas.box(112, 172, 172, 176, (120, 84, 52))
    canvas.shape([(276, 200), (330, 184), (330, 226), (276, 242)], (246, 246, 242))
    canvas.shape([(284, 206), (322, 195), (322, 199), (284, 210)], (90, 90, 90))
    canvas.shape([(284, 216), (310, 208), (310, 212), (284, 220)], (140, 140, 140))
    return canvas.png()


def draw_jumper() -> bytes:
    """A knitted jumper, laid out flat."""
    canvas = Canvas((247, 241, 232), (236, 226, 212))
    wool, shade, trim = (44, 110, 122), (36, 92, 104), (240, 196, 92)
    canvas.shape([(168, 80), (312, 80), (340, 320), (140, 320)], wool)
    canvas.shape([(168, 80), (180, 140), (104, 296), (56, 272), (116, 108)], shade)
    canvas.shape([(312, 80), (300, 140), (376, 296), (424, 272), (364, 108)], shade)
    canvas.shape([(196, 76), (284, 76), (264, 108), (216, 108)], (28, 70, 80))
    canvas.shape(
        [(188, 78), (200, 74), (220, 104), (260, 104), (280, 74), (292, 78), (268, 118), (212, 118)], trim
    )
    for y in (168, 196, 224):
        for x in range(158, 318, 20):
            canvas.shape([(x, y), (x + 10, y - 10), (x + 20, y), (x + 10, y + 10)], trim)
    canvas.shape([(142, 300), (338, 300), (340, 322), (140, 322)], trim)
    canvas.shape([(66, 250), (114, 274), (104, 298), (54, 274)], trim)
    canvas.shape([(414, 250), (366, 274), (376, 298), (426, 274)], trim)
    return canvas.png()


def draw_receipt() -> bytes:
    """A till receipt on a table."""
    canvas = Canvas((122, 92, 70), (98, 72, 54))
    canvas.shape([(150, 34), (338, 22), (360, 330), (172, 344)], (84, 60, 44))
    teeth = [point for x in range(320, 140, -20) for point in ((x + 20, 326), (x + 10, 338))]
    canvas.shape([(140, 24), (340, 24), *teeth, (140, 326)], (252, 250, 244))
    canvas.box(196, 46, 284, 62, (52, 52, 58))
    for y, end in ((84, 262), (106, 244), (128, 270), (150, 232)):
        canvas.box(164, y, end, y + 7, (150, 150, 154))
        canvas.box(288, y, 316, y + 7, (110, 110, 116))
    canvas.box(164, 180, 316, 182, (180, 180, 184))
    canvas.box(164, 198, 220, 212, (52, 52, 58))
    canvas.box(266, 198, 316, 212, (52, 52, 58))
    for number, x in enumerate(range(172, 308, 6)):
        canvas.box(x, 248, x + (2, 4, 1, 3)[number * 7 % 4], 296, (30, 30, 34))
    return canvas.png()


def _contact_card() -> bytes:
    lines = ("BEGIN:VCARD", "VERSION:3.0", "FN:Marta Vidal", "TEL;TYPE=CELL:+34600000099", "END:VCARD", "")
    return "\r\n".join(lines).encode()


SAMPLES: dict[str, tuple[Kind, str, str, Callable[[], bytes]]] = {
    "parcel": (Kind.IMAGE, "image/png", "parcel.png", draw_parcel),
    "jumper": (Kind.IMAGE, "image/png", "jumper.png", draw_jumper),
    "receipt": (Kind.IMAGE, "image/png", "receipt.png", draw_receipt),
    "sticker": (Kind.STICKER, "image/webp", "sticker.webp", lambda: STICKER),
    "voice": (Kind.VOICE, "audio/ogg", "voice.ogg", lambda: VOICE_NOTE),
    "contact": (Kind.CONTACT, "text/vcard", "Marta Vidal.vcf", _contact_card),
}


@cache
def _content(name: str) -> bytes:
    return SAMPLES[name][3]()


def sample(name: str) -> tuple[Kind, Media] | None:
    if name not in SAMPLES:
        return None
    kind, content_type, file_name, _ = SAMPLES[name]
    return kind, Media(sid=new_sid("ME"), content_type=content_type, name=file_name, content=_content(name))
