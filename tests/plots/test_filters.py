import numpy as np
import pandas as pd

from fer_lib.plots import filters


def test_patterns_share_one_scale_and_bear_their_names():
    tiles = np.random.default_rng(0).random((10, 18, 18))
    figure = filters.patterns(tiles, [f"{i}\nhappy" for i in range(10)], columns=4)
    shown = [ax for ax in figure.axes if ax.images]
    assert len(figure.axes) == 12
    assert len(shown) == 10
    for i, ax in enumerate(shown):
        np.testing.assert_array_equal(ax.images[0].get_array(), tiles[i])
        assert ax.images[0].get_clim() == (0, 1)
        assert ax.get_title() == f"{i}\nhappy"


def test_faces_stand_beside_their_pattern():
    tiles, crops = np.zeros((2, 9, 9)), np.arange(2 * 3 * 81).reshape(2, 3, 9, 9)
    figure = filters.beside(tiles, ["1\nhappy", "2"], crops, crops + 1)
    axes = np.array(figure.axes).reshape(2, 9)
    np.testing.assert_array_equal(axes[1, 3].images[0].get_array(), crops[1, 1])
    np.testing.assert_array_equal(axes[1, 7].images[0].get_array(), crops[1, 1] + 1)
    assert not axes[0, 1].images
    assert axes[0, 0].get_ylabel() == "1\nhappy"


def test_every_expression_has_a_bar_of_its_count():
    ax = filters.clear_filters(pd.Series({"happy": 2}), ["happy", "sad"])
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    widths = dict(zip(names, [bar.get_width() for bar in ax.patches], strict=True))
    assert widths["happy"] == 2
    assert widths["sad"] == 0
    assert all(tick == round(tick) for tick in ax.get_xticks())


def test_each_channel_stands_in_its_layer_s_row_on_its_own_scale():
    rng = np.random.default_rng(0)
    face, maps = rng.integers(0, 256, (48, 48)), [rng.random((n, n, n)) * n for n in (4, 6)]
    figure = filters.layers(face, maps, [np.array([2, 0]), np.array([5, 1])])
    above, *rows = figure.subfigs
    np.testing.assert_array_equal(above.axes[0].images[0].get_array(), face)
    for number, (row, layer, channels) in enumerate(zip(rows, maps, [(2, 0), (5, 1)], strict=True)):
        n = len(layer)
        assert row.get_suptitle() == f"convolution {number + 1}: {n} channels of {n} × {n}"
        for ax, channel in zip(row.axes, channels, strict=True):
            np.testing.assert_array_equal(ax.images[0].get_array(), layer[channel])
            end = np.quantile(layer[channel], 0.99)
            np.testing.assert_allclose(ax.images[0].get_clim(), (0, end))
            assert ax.get_xlabel() == f"{channel}: to {end:.1f}"
