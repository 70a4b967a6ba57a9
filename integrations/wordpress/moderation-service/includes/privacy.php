<?php
/**
 * WordPress's tools for personal data reach the service too: export, erasure, and a text for the privacy policy.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

const AT_A_TIME = 50;

/**
 * The comments by an address that the service knows.
 *
 * @param string $email An e-mail address.
 * @param int    $page  From 1.
 * @return array<int, object> Records.
 */
function records_of_author( $email, $page ) {
	global $wpdb;
	$query = 'SELECT r.* FROM ' . table() . " AS r JOIN $wpdb->comments AS c ON c.comment_ID = r.comment_id WHERE c.comment_author_email = %s AND r.state <> %s ORDER BY c.comment_ID LIMIT %d, %d";
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery, WordPress.DB.PreparedSQL.NotPrepared -- with our table, whose name is ours.
	return $wpdb->get_results( $wpdb->prepare( $query, $email, ERASED, ( $page - 1 ) * AT_A_TIME, AT_A_TIME ) );
}

/**
 * What the service says of somebody's comments.
 *
 * @param string $email An e-mail address.
 * @param int    $page  From 1.
 * @return array<string, mixed>|\WP_Error An error when it cannot be complete.
 */
function export_personal_data( $email, $page = 1 ) {
	$items   = array();
	$records = is_ready() ? records_of_author( $email, (int) $page ) : array();
	foreach ( $records as $record ) {
		$answer = call( 'GET', comment_path( $record->remote_id ) );
		if ( 'not-found' === $answer->code() ) {
			continue;
		}
		if ( ! $answer->is_done() ) {
			/* translators: %s: what is wrong. */
			return new \WP_Error( 'moderation_service_away', sprintf( __( 'The moderation service could not be asked, so the export would not be complete: %s', 'moderation-service' ), $answer->message ) );
		}
		$items[] = array(
			'group_id'    => 'moderation-service',
			'group_label' => __( 'Moderation of comments', 'moderation-service' ),
			'item_id'     => 'comment-' . $record->comment_id,
			'data'        => exported( $record, $answer->document ),
		);
	}
	return array(
		'data' => $items,
		'done' => count( $records ) < AT_A_TIME,
	);
}

/**
 * One comment in an export.
 *
 * @param object               $record   The comment's record.
 * @param array<string, mixed> $document What the service knows.
 * @return array<int, array{name: string, value: string}>
 */
function exported( $record, array $document ) {
	$scores = array();
	foreach ( isset( $document['scores'] ) ? $document['scores'] : array() as $attribute => $score ) {
		$scores[] = $attribute . ' ' . number_format( (float) $score, 2, '.', '' );
	}
	$history = array();
	foreach ( isset( $document['history'] ) ? $document['history'] : array() as $entry ) {
		$history[] = $entry['at'] . ' ' . $entry['decision'] . ' (' . $entry['decided_by'] . ')';
	}
	$rows = array(
		__( 'Comment', 'moderation-service' )  => get_comment_link( (int) $record->comment_id ),
		__( 'Outcome', 'moderation-service' )  => $document['state'],
		__( 'Reasons', 'moderation-service' )  => implode( '; ', wp_list_pluck( $document['reasons'], 'message' ) ),
		__( 'Scores', 'moderation-service' )   => implode( ', ', $scores ),
		__( 'Decided', 'moderation-service' )  => implode( '; ', $history ),
		__( 'Known as', 'moderation-service' ) => $record->remote_id,
	);
	$data = array();
	foreach ( $rows as $name => $value ) {
		$data[] = array(
			'name'  => $name,
			'value' => esc_html( $value ),
		);
	}
	return $data;
}

/**
 * Erase somebody's comments at the service. WordPress's own eraser then makes them anonymous here.
 *
 * @param string $email An e-mail address.
 * @return array<string, mixed>
 */
function erase_personal_data( $email ) {
	$result  = array(
		'items_removed'  => false,
		'items_retained' => false,
		'messages'       => array(),
		'done'           => true,
	);
	$records = records_of_author( $email, 1 ); // Always the first page: what is erased is no longer on it.
	$late    = 0;
	foreach ( $records as $record ) {
		// After one failure the rest is not waited for.
		$answer  = is_ready() && ! $late ? call( 'DELETE', comment_path( $record->remote_id ) ) : new Answer( 0, array(), '' );
		$is_gone = $answer->is_done() || 'not-found' === $answer->code();
		mark_erased( $record->remote_id, $is_gone );
		$late                   += $is_gone ? 0 : 1;
		$result['items_removed'] = $result['items_removed'] || $is_gone;
	}
	if ( $late ) {
		$result['items_retained'] = true;
		$result['messages'][]     = sprintf(
			/* translators: %d: a number of comments. */
			_n( 'The moderation service could not be reached; %d comment is erased there as soon as it can be.', 'The moderation service could not be reached; %d comments are erased there as soon as it can be.', $late, 'moderation-service' ),
			$late
		);
	}
	$result['done'] = count( $records ) < AT_A_TIME;
	return $result;
}

/**
 * Remember that a comment is erased at the service, so that it is never sent there again.
 *
 * @param string $remote_id The service's id of it.
 * @param bool   $is_gone   False when the service has yet to hear of it.
 */
function mark_erased( $remote_id, $is_gone ) {
	global $wpdb;
	$todo = array(
		'todo_submit'   => 0,
		'todo_decision' => '',
		'todo_erase'    => $is_gone ? 0 : 1,
		'note'          => '',
	);
	if ( ! $is_gone ) {
		tell_later( $remote_id, $todo, MINUTE_IN_SECONDS );
	}
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery -- a table of our own.
	$wpdb->update(
		table(),
		array(
			'state'   => ERASED,
			'verdict' => null,
		) + ( $is_gone ? array( 'due_at' => null ) + $todo : array() ),
		array( 'remote_id' => $remote_id )
	);
}

/**
 * A text for the blog's privacy policy.
 */
function suggest_privacy_policy() {
	$fields = array( __( 'name', 'moderation-service' ) );
	if ( setting( 'send_email' ) ) {
		$fields[] = __( 'e-mail address', 'moderation-service' );
	}
	if ( setting( 'send_url' ) ) {
		$fields[] = __( 'web address', 'moderation-service' );
	}
	if ( setting( 'send_ip' ) ) {
		$fields[] = __( 'IP address', 'moderation-service' );
	}
	$host = (string) wp_parse_url( (string) setting( 'address' ), PHP_URL_HOST );
	$text = sprintf(
		/* translators: 1: a list such as "name, e-mail address". 2: the name of a host. */
		__( 'Before a comment appears, its text, the article it stands under and what its author gave (%1$s) are sent to our own moderation service at %2$s. A program there decides whether the comment is published, held for a person to read, or rejected; people can change that. The service keeps the comment, the decisions and their reasons as long as the comment is kept here. Both are part of an export of your personal data, and are erased with it.', 'moderation-service' ),
		implode( ', ', $fields ),
		'' === $host ? __( '(not set yet)', 'moderation-service' ) : $host
	);
	wp_add_privacy_policy_content( __( 'Moderation Service', 'moderation-service' ), '<p class="privacy-policy-tutorial">' . esc_html__( 'Say here, too, who runs the service and where.', 'moderation-service' ) . '</p><p>' . esc_html( $text ) . '</p>' );
}

add_filter(
	'wp_privacy_personal_data_exporters',
	static function ( $exporters ) {
		$exporters['moderation-service'] = array(
			'exporter_friendly_name' => __( 'Moderation Service', 'moderation-service' ),
			'callback'               => __NAMESPACE__ . '\\export_personal_data',
		);
		return $exporters;
	}
);
add_filter(
	'wp_privacy_personal_data_erasers',
	static function ( $erasers ) {
		// Before WordPress's own, which removes the address by which comments are found.
		$ours = array(
			'moderation-service' => array(
				'eraser_friendly_name' => __( 'Moderation Service', 'moderation-service' ),
				'callback'             => __NAMESPACE__ . '\\erase_personal_data',
			),
		);
		return $ours + $erasers;
	},
	99
);
add_action( 'admin_init', __NAMESPACE__ . '\\suggest_privacy_policy' );
