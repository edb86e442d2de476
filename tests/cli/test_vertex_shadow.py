"""Vertex AI has no shadow traffic: a plan that asks for it is refused before anything moves."""

from cli.on_vertex import OnVertex


def test_a_shadow_is_refused_with_what_to_do_instead(vertex: OnVertex) -> None:
    config = (vertex.ann.folder / "canary.yaml").read_text()
    vertex.ann.write(
        config.replace("    stages:\n", "    shadow: {percent: 20, bake: 2s}\n    stages:\n")
    )
    result = vertex.ann.run("start", "-m", "22", "--yes")
    assert result.code == 2, result.out + result.err
    assert "no shadow traffic" in result.err
    assert "start with a small stage" in result.err
