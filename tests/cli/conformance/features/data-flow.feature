Feature: Data from task to task

  Scenario: A task takes a part of its input
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: part, version: 0.1.0 }
    do:
      - keepTheKey:
          input: { from: .piece.key } # only this is the input
          set: { key: '${ . }' }
    """
    And given the workflow input is:
    """yaml
    piece: { title: Gigue, key: f sharp }
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    key: f sharp
    """

  Scenario: A task gives a part of its output
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: output, version: 0.1.0 }
    do:
      - askForOne:
          call: http
          with: { method: get, endpoint: { uri: 'https://pets.example/v2/pet/{number}' } }
          output: { as: .id }
    """
    And given the workflow input is:
    """yaml
    number: 12
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    12
    """

  Scenario: An output that is no object is the next input
    Given a workflow with definition:
    """yaml
    document: { dsl: 1.0.3, namespace: conformance, name: number, version: 0.1.0 }
    do:
      - first:
          call: http
          with: { method: get, endpoint: { uri: 'https://pets.example/v2/pet/{number}' } }
          output: { as: .id }
      - second:
          call: http
          with: { method: get, endpoint: { uri: https://pets.example/v2/pet/8 } }
          output: { as: '{ both: [$input, .id] }' }
    """
    And given the workflow input is:
    """yaml
    number: 4
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    both: [4, 8]
    """
