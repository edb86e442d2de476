"""Ways in which a doctor, a policy or a smoke test breaks its promises."""

from providers.simulator_saboteur import Sabotage, doctored, restless_doctor

from canarycli.provider import Probe

DOCTOR = [
    Sabotage(
        "nobody knows who we are",
        "the_doctor_is_a_property_and_knows_who_we_are",
        doctored("identity", lambda *_: ()),
    ),
    Sabotage(
        "the doctor is a method",
        "the_doctor_is_a_property_and_knows_who_we_are",
        {"doctor": lambda real: lambda: real.doctor},
    ),
    Sabotage(
        "a permission is missing that is there",
        "permissions_that_are_there_are_fine",
        doctored("permissions", lambda *_, **__: (Probe("write", ok=False, detail="no"),)),
    ),
    Sabotage(
        "every endpoint is fine",
        "permissions_on_an_endpoint_that_is_not_there_are_an_error",
        doctored("permissions", lambda *_, **__: ()),
    ),
    Sabotage(
        "points have other names",
        "the_newest_points_are_named_by_metric",
        doctored("metrics", lambda *_: (Probe("Invocations", ok=True, detail="1"),)),
    ),
    Sabotage(
        "the doctor moves traffic",
        "looking_changes_nothing_for_the_doctor_either",
        {"doctor": restless_doctor},
    ),
    Sabotage(
        "no answer is fine",
        "in_trouble_the_doctor_tells_or_raises_an_error_of_ours",
        doctored("permissions", lambda *_, **__: (Probe("write", ok=True, detail="ok"),)),
    ),
    Sabotage(
        "the policy is the same for everything",
        "the_least_policy_is_json_and_grows_with_what_is_needed",
        {"least_policy": lambda *_: {"Statement": []}},
    ),
    Sabotage(
        "another version answers",
        "each_version_answers_for_itself_whatever_its_share",
        {"smoke": lambda real, name, _version, body: real.smoke(name, "v41", body)},
    ),
    Sabotage(
        "whatever is not there answers too",
        "a_version_that_is_not_there_answers_nothing",
        {"smoke": lambda real, name, _version, body: real.smoke(name, "v41", body)},
    ),
    Sabotage(
        "what does not scale is held",
        "a_version_that_does_not_scale_is_left_alone",
        {"keep_warm": lambda *_: True, "let_cool": lambda *_: False},
    ),
]
