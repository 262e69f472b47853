"""What is said of the answers of pip-audit; a package that was not looked at is never passed over."""

from tests.audit import verdict

GOOD = {"name": "django", "version": "5.2", "vulns": []}
BAD = {"name": "redis", "version": "1.0", "vulns": [{"id": "CVE-2026-1"}]}
SKIPPED = {"name": "axes", "skip_reason": "not found"}


class VerdictTests:
    def test_of_good_answers(self) -> None:
        assert verdict([GOOD], "", may_be_partial=False) == ("No vulnerability is known in 1 packages.", False)

    def test_of_a_vulnerability(self) -> None:
        text, is_failure = verdict([GOOD, BAD, SKIPPED], "", may_be_partial=True)

        assert is_failure
        assert "redis 1.0: CVE-2026-1" in text

    def test_of_a_package_that_was_not_found(self) -> None:
        for may_be_partial in (False, True):
            text, is_failure = verdict([GOOD, SKIPPED], "", may_be_partial=may_be_partial)
            assert is_failure is not may_be_partial
            assert text == "NOT AUDITED: the index did not answer for 1 of 2 packages: axes."

    def test_of_no_answer(self) -> None:
        assert verdict([], "no network", may_be_partial=False) == (
            "NOT AUDITED: pip-audit had no answer. no network",
            True,
        )
