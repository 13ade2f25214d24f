"""What a class may be called; whole sets of them are in test_own_classes.py."""

import pytest

from fer_lib.data.class_names import check_own, known_classes, read_list
from fer_lib.data.faceset import UNLABELLED
from fer_lib.data.names import class_name
from fer_lib.errors import UserError


@pytest.mark.parametrize("name", ["00", "7.0", "Mu\u0308de"])
def test_a_class_to_be_left_out_may_be_spelled_as_a_label_may(name):
    numbers = {"0": 0, "7": 1, "m\u00fcde": 2}
    assert known_classes(numbers, [name])[class_name(name)] == UNLABELLED


def test_a_list_may_say_anger_where_a_folder_says_angry():
    classes, words, numbers = read_list(["neutral", "anger", "contempt"], ["neutral"])
    assert classes == ("anger", "contempt")
    assert words["angry"] == words["anger"] == 0
    assert numbers == {"0": UNLABELLED, "1": 0, "2": 1}  # numbers count what is dropped too


@pytest.mark.parametrize("name", ["eyes without glasses", "a*b", "label", ""])
def test_a_name_that_no_page_can_show_or_that_parts_a_name_of_data_is_refused(name):
    with pytest.raises(UserError, match="letters, digits, blanks"):
        check_own(("open", name))
    assert check_own(("open", "without")) == ("open", "without")
