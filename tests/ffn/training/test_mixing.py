import torch

from ffn.training.mixing import mix_in


def test_only_consecutive_frames_change_and_lie_between_both_clips():
    for seed in range(20):
        torch.manual_seed(seed)
        mixed = mix_in(torch.zeros(2, 16, 3, 4, 4), torch.ones(2, 4, 3, 4, 4))
        touched = (mixed != 0).flatten(2).any(dim=2)
        places = touched[0].nonzero()[:, 0].tolist()
        assert places == list(range(places[0], places[0] + 4))
        assert torch.equal(touched[0], touched[1])
        assert 0 < mixed.max() <= 1


def test_the_long_clip_is_left_alone_and_the_draw_follows_the_seed():
    long_clips, short_clips = torch.randn(1, 8, 2), torch.randn(1, 4, 2)
    before = long_clips.clone()
    torch.manual_seed(1)
    first = mix_in(long_clips, short_clips)
    torch.manual_seed(1)
    assert torch.equal(mix_in(long_clips, short_clips), first)
    assert torch.equal(long_clips, before)
