"""Studies on the paper's data at its protocol, for the tests of published figures."""

import json

SSV1 = {"num_classes": 174, "clips": {"validation": 11522}}
SSV2 = {"num_classes": 174, "clips": {"validation": 24777}}
PROTOCOL = {"crop_size": 224, "short_side": 256}
ARMS = {"tsm16": ("tsm", "", "16"), "tsm8": ("tsm", "", "8"), "tsm4": ("tsm", "", "4"), "ffn": ("ffn", "", "4+8+16")}


def write_paper_study(
    write_tables, arms=ARMS, *, data=SSV2, protocol=PROTOCOL, split="validation", models=("{}_resnet50",)
):
    """A folder with `arms` at 4, 8 and 16 frames and an accuracy of 50 % everywhere, ResNet-50, or of several `models`
    with the method's name in place of {}."""
    trials = [{"trial": name + model, "method": method, "variant": variant, "model": model.format(method),
               "train_frames": frames}
              for model in models for name, (method, variant, frames) in arms.items()]  # fmt: skip
    rows = [{**trial, "eval_frames": count, "lr": 0.01, "seed": 0, "split": split, "selection": "last",
             "clips": data["clips"]["validation"], "top1": 50.0}
            for trial in trials for count in (4, 8, 16)]  # fmt: skip
    folder = write_tables(trials=trials, evaluations=rows)
    (folder / "study.json").write_text(json.dumps({"name": "of the paper", "data": data, "protocol": protocol}))
    return folder
