Feature: Emit

  Scenario: The output is the whole event
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: cue, version: 0.1.0 }
    do:
      - giveTheCue:
          emit:
            event:
              with:
                source: https://desk.example/cues
                type: org.example.cue.given
                data: { line: '${ "\(.player.name), bar \(.player.bar)" }' }
    """
    And given the workflow input is:
    """yaml
    player: { name: Oboe, bar: 9 }
    """
    When the workflow is executed
    Then the workflow should complete
    And the workflow output should have properties 'id', 'specversion', 'time'
    And the workflow output should have a 'source' property with value:
    """yaml
    https://desk.example/cues
    """
    And the workflow output should have a 'type' property with value:
    """yaml
    org.example.cue.given
    """
    And the workflow output should have a 'data' property with value:
    """yaml
    line: Oboe, bar 9
    """
