from scheduling.workflow.proposals import Proposal


class ProposalTests:
    def test_has_nothing_against_it_unless_told(self) -> None:
        proposal = Proposal(summary="1 schedule will be pending.")

        assert (list(proposal.errors), list(proposal.left_out), list(proposal.warnings)) == ([], [], [])

    def test_does_not_share_its_warnings_with_others(self) -> None:
        assert Proposal(summary="One.").warnings is not Proposal(summary="Two.").warnings
