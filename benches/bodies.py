"""The JSON bodies: always the same ones."""

import json
from random import Random

STATUSES = 340
"""So many make about 600 KB."""
LARGE_RECORDS = 8_500
"""So many make about 1 MB."""
WORDS = [
    "今日は",
    "東京",
    "とても",
    "良い天気",
    "新しい",
    "café",
    "naïve",
    "привет",
    "мир",
    "😀",
    "🎉",
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    '"quoted"',
    "release\nhttps://t.example/a1b2",
    "@someone",
    "#topic",
    "tab\there",
    "and/or",
]
"""One of them has a line break in it."""


def small_json(size: int) -> str:
    """One record, exactly so many bytes long."""
    record = {"id": 1234567, "name": "Ada Lovelace", "tags": ["math", "poetry"], "score": 12.75, "note": ""}
    record["note"] = "x" * (size - len(json.dumps(record)))
    return json.dumps(record)


def records_json(count: int) -> str:
    """A list of so many records of about 112 bytes each."""
    return json.dumps([record(number) for number in range(count)])


def record(number: int) -> dict[str, object]:
    return {
        "id": number,
        "name": f"record {number:03}",
        "score": number * 1.25,
        "active": number % 2 == 0,
        "tags": ["a", "b"],
        "at": f"2025-01-01T00:{number % 60:02}",
    }


def statuses_json() -> str:
    """What the search of a social network answers: nested, short strings in many scripts, escapes."""
    random = Random(7)
    statuses = [status(random, number) for number in range(STATUSES)]
    search = {"completed_in": 0.087, "max_id": 505874924095815681, "count": STATUSES}
    return json.dumps({"statuses": statuses, "search_metadata": search}, ensure_ascii=False)


def status(random: Random, number: int) -> dict[str, object]:
    identity = 505_874_000_000_000_000 + random.randrange(10**12)
    place = [round(random.uniform(-180, 180), 6), round(random.uniform(-90, 90), 6)]
    return {
        "metadata": {"result_type": "recent", "iso_language_code": "ja"},
        "created_at": when(random),
        "id": identity,
        "id_str": str(identity),
        "text": words(random, 16),
        "source": '<a href="http://example.com/download" rel="nofollow">A client</a>',
        "truncated": False,
        "in_reply_to_status_id": None,
        "user": user(random),
        "coordinates": place if number % 4 == 0 else None,
        "place": None,
        "retweet_count": random.randrange(100),
        "favorite_count": random.randrange(100),
        "entities": {
            "hashtags": [
                {"text": words(random, 1), "indices": [random.randrange(70), random.randrange(70, 140)]}
                for _ in range(random.randrange(3))
            ],
            "symbols": [],
            "urls": [
                {
                    "url": f"http://t.example/{random.randrange(16**8):08x}",
                    "expanded_url": f"http://example.com/{random.randrange(10**6)}",
                    "display_url": "example.com",
                    "indices": [20, 42],
                }
            ],
        },
        "favorited": False,
        "retweeted": False,
        "lang": "ja",
    }


def user(random: Random) -> dict[str, object]:
    identity = random.randrange(10**9)
    return {
        "id": identity,
        "id_str": str(identity),
        "name": words(random, 2),
        "screen_name": f"user_{identity:x}",
        "location": words(random, 2),
        "description": words(random, 18),
        "url": None,
        "entities": {"description": {"urls": []}},
        "protected": False,
        "followers_count": random.randrange(5_000),
        "friends_count": random.randrange(2_000),
        "listed_count": random.randrange(30),
        "created_at": when(random),
        "favourites_count": random.randrange(9_000),
        "utc_offset": None,
        "time_zone": "Tokyo",
        "geo_enabled": random.random() < 0.5,
        "verified": False,
        "statuses_count": random.randrange(90_000),
        "lang": "ja",
        "profile_background_color": f"{random.randrange(16**6):06X}",
        "profile_background_image_url": "http://abs.example.com/images/themes/theme1/bg.png",
        "profile_image_url": f"http://img.example.com/{identity}/{random.randrange(16**8):08x}_normal.jpeg",
        "profile_use_background_image": True,
        "default_profile": True,
        "following": False,
        "notifications": False,
    }


def words(random: Random, count: int) -> str:
    return " ".join(random.choice(WORDS) for _ in range(count))


def when(random: Random) -> str:
    hour, minute = random.randrange(24), random.randrange(60)
    return f"Sun Aug {random.randrange(1, 32):02} {hour:02}:{minute:02}:15 +0000 2014"
