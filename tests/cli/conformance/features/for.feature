Feature: For

  Scenario: A loop has the item and its index
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: loop, version: 0.1.0 }
    do:
      - readTheLine:
          for: { each: note, in: .line }
          do:
            - write:
                set:
                  copy: '${ { notes: (.copy.notes + [$note]), places: (.copy.places + [$index]) } }'
    """
    And given the workflow input is:
    """yaml
    line: [d, f, a]
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    copy: { notes: [d, f, a], places: [0, 1, 2] }
    """
