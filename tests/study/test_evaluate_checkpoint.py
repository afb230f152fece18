import pandas as pd

CHECKPOINT = "checkpoints/ffn-4+8+16-lr0.05-seed0/last.pt"


def test_a_checkpoint_alone_gives_the_studys_numbers(demo_study, command, videos, tmp_path):
    folder, _ = demo_study
    printed = command(
        "evaluate", "--checkpoint", folder / CHECKPOINT, "--data", videos, "--frames", 4, 12, "--split", "test",
        "--out", tmp_path,
    )  # fmt: skip
    assert printed.returncode == 0, printed.stderr
    found = pd.read_csv(tmp_path / "evaluations.csv").set_index("eval_frames")["top1"]
    study = pd.read_csv(folder / "evaluations.csv")
    of_last = study[(study["trial"] == "ffn-4+8+16-lr0.05-seed0") & (study["selection"] == "last")]
    assert dict(found) == dict(of_last.set_index("eval_frames")["top1"].loc[[4, 12]])
    assert "top-1" in printed.stdout
    assert f"{found[4]:.2f}" in printed.stdout
    assert len(pd.read_parquet(tmp_path / "predictions.parquet")) == 48
