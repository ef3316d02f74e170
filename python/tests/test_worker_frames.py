"""Frames are the server's, byte for byte, and what is no frame is refused."""

from __future__ import annotations

import json
import random
import unittest
from pathlib import Path

import msgpack
import numpy as np

from presage.worker.frames import MAX_FRAME_BYTES, TYPES, Frame, FrameReader, MalformedFrame, encode
from presage.worker.load_args import parse_load_args
from presage.worker.messages import Call, Cancel, Load, Ping, parse_request
from presage.worker.refusal import Refusal
from presage.worker.without_packages import refusal_frame

GOLDEN = json.loads((Path(__file__).parent / "golden_frames.json").read_text())


def read(data: bytes) -> list[Frame]:
    """All frames of some bytes."""
    return list(FrameReader().push(memoryview(data)))


def raw(header: object, tail: bytes = b"") -> bytes:
    """A frame with a header and a body of one's choice."""
    packed = msgpack.packb(header)
    body = packed.ljust((len(packed) + 7) // 8 * 8, b"\0") + tail
    return len(body).to_bytes(4, "little") + len(packed).to_bytes(4, "little") + body


class WithoutPackagesTest(unittest.TestCase):
    """A refusal can be told where msgpack is missing."""

    def test_the_frame_says_what_msgpack_would(self) -> None:
        for message in ("", "numpy cannot be imported", "é" * 40_000):
            [frame] = read(refusal_frame("model_verification_failed", message))
            self.assertEqual(frame.tensors, [])
            told = frame.message.pop("message")
            self.assertEqual(frame.message, {"kind": "refused", "id": 0, "code": "model_verification_failed"})
            self.assertTrue(message.startswith(told) and (told == message or len(told) > 10_000))


class GoldenFramesTest(unittest.TestCase):
    """golden_frames.json, written by the server's encoder (`npm run docs`)."""

    def test_they_are_read_as_the_server_meant_them(self) -> None:
        self.assertGreater(len(GOLDEN), 10)
        for golden in GOLDEN:
            with self.subTest(golden["name"]):
                [frame] = read(bytes.fromhex(golden["hex"]))
                self.assertEqual(frame.message, golden["message"])
                self.assertEqual([name for name, _ in frame.tensors], [tensor["name"] for tensor in golden["tensors"]])
                for (_, values), tensor in zip(frame.tensors, golden["tensors"]):
                    number = int if tensor["type"] == "int64" else float
                    wanted = np.array([number(text) for text in tensor["values"]], TYPES[tensor["type"]]).reshape(tensor["shape"])
                    self.assertEqual((values.dtype, values.shape, values.tobytes()), (wanted.dtype, wanted.shape, wanted.tobytes()))

    def test_they_are_written_again_byte_for_byte(self) -> None:
        for golden in GOLDEN:
            with self.subTest(golden["name"]):
                [frame] = read(bytes.fromhex(golden["hex"]))
                self.assertEqual(encode(frame).hex(), golden["hex"])

    def test_the_messages_of_the_server_are_understood(self) -> None:
        requests = {golden["name"]: parse_request(read(bytes.fromhex(golden["hex"]))[0]) for golden in GOLDEN if golden["name"] in ("load", "call", "cancel", "ping")}
        self.assertEqual([type(requests[name]) for name in ("load", "call", "cancel", "ping")], [Load, Call, Cancel, Ping])
        self.assertEqual((requests["call"].id, requests["call"].until), (1, 86_400_123.0625))
        args = parse_load_args(requests["load"].args)
        self.assertEqual((args.format, args.method, args.class_name, args.columns, args.allow_unsafe), ("sklearn-joblib", "predict_proba", None, 3, True))


class FrameReaderTest(unittest.TestCase):
    """Bytes in, frames out."""

    def test_frames_arrive_however_the_bytes_are_cut(self) -> None:
        data = b"".join(bytes.fromhex(golden["hex"]) for golden in GOLDEN)
        chance = random.Random(5)
        for _ in range(20):
            reader, frames, at = FrameReader(), [], 0
            while at < len(data):
                end = at + chance.randint(1, 300)
                frames.extend(reader.push(memoryview(data)[at:end]))
                at = end
            self.assertEqual(b"".join(encode(frame) for frame in frames), data)

    def test_rows_are_the_models_own_to_change(self) -> None:
        [frame] = read(encode(Frame({}, [("rows", np.zeros((2, 2)))])))
        frame.tensors[0][1][0, 0] = 7

    def test_what_is_no_frame_is_refused(self) -> None:
        tensor = ["rows", "float64", [2]]
        cases = {
            "announces 67108865 bytes": (MAX_FRAME_BYTES + 1).to_bytes(4, "little") + (8).to_bytes(4, "little"),
            "a header of 0 bytes": bytes(8),
            "a header of 9 bytes": (8).to_bytes(4, "little") + (9).to_bytes(4, "little"),
            "not msgpack": (8).to_bytes(4, "little") + (8).to_bytes(4, "little") + b"\xc1" * 8,
            "not a pair": raw([{}]),
            "other parts": raw([[], []]),
            "not described": raw([{}, [["rows", "float64"]]]),
            "unknown type": raw([{}, [["rows", "float16", [1]]]], bytes(8)),
            "impossible shape": raw([{}, [["rows", "float64", [-1]]]]),
            "impossible shape ": raw([{}, [["rows", "float64", [True]]]], bytes(8)),
            "longer than the frame": raw([{}, [tensor]], bytes(8)),
            "longer than the frame ": raw([{}, [["rows", "float64", [2**53, 2**53]]]], bytes(8)),
            "bytes follow": raw([{}, [tensor]], bytes(24)),
            "not msgpack ": raw([{"bytes": b"binary"}, []]),
        }
        for message, data in cases.items():
            with self.subTest(message), self.assertRaisesRegex(MalformedFrame, message.strip()):
                read(data)

    def test_bytes_of_chance_give_frames_or_one_stated_refusal(self) -> None:
        chance = random.Random(11)
        for _ in range(3_000):
            noise = chance.randbytes(chance.randint(8, 80))
            data = len(noise).to_bytes(4, "little") + chance.randint(0, 40).to_bytes(4, "little") + noise
            try:
                read(data)
            except MalformedFrame:
                continue

    def test_messages_of_no_known_kind_are_refused(self) -> None:
        for message in ({}, {"kind": "call", "id": 1}, {"kind": "call", "id": -1, "until": 1}, {"kind": "load"}, {"kind": "cancel", "id": 1.5}, {"kind": "stop", "id": 1}):
            with self.subTest(message), self.assertRaisesRegex(MalformedFrame, "of no known kind"):
                parse_request(Frame(message))

    def test_a_server_of_another_version_is_told_so(self) -> None:
        args = GOLDEN[0]["message"]["args"]
        for change, message in (({"protocol": 2}, "speaks protocol 1, the server 2"), ({"inputs": "3"}, "no int as inputs"), ({"threads": True}, "no int as threads")):
            with self.subTest(change), self.assertRaisesRegex(Refusal, message):
                parse_load_args({**args, **change})


